import { familiesOf } from '../console/metrics/families';
import { readWatched } from '../console/metrics/read';
import { EXPOSITION_TYPES, type ExpositionFormat, expositionText, type Family, sampleName } from '../core/exposition';
import type { Health } from '../core/health';
import type { AppContext } from '../http/context';
import { jobDeps, liveCatalogue } from '../http/deps';
import { renderError } from '../http/render-error';

type Format = ExpositionFormat | 'json';

const FORMATS: readonly [type: string, format: Format][] = [
  ['application/openmetrics-text', 'openmetrics'],
  ['text/plain', 'prometheus'],
  ['application/json', 'json'],
];

/** The format that is asked for first; Prometheus's own where none of ours is. */
export function askedFormat(accept: string): Format {
  let [best, bestWeight]: [Format, number] = ['prometheus', 0];
  for (const range of accept.toLowerCase().split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    const given = new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string]));
    const [, format] = FORMATS.find(([known]) => known === type) ?? [];
    const weight = Number(given.get('q') ?? 1);
    if (format === undefined || !(weight > bestWeight)) continue;
    // Of the others' versions we write one alone, and who takes another is told by ours what it is.
    if (format === 'openmetrics' && (given.get('version') ?? '1.0.0') !== '1.0.0') continue;
    [best, bestWeight] = [format, weight];
  }
  return best;
}

const asJson = (families: readonly Family[]) => ({
  metrics: families.map((family) => ({
    name: family.name,
    type: family.type,
    help: family.help,
    samples: family.samples.map((sample) => ({ name: sampleName(family, sample), labels: sample.labels, value: sample.value })),
  })),
});

export async function metrics(c: AppContext): Promise<Response> {
  const { registry, health, now } = c.get('gateway');
  const nowMs = now();
  const watched = await readWatched(c.env.DB, nowMs);
  if (!watched.ok) return renderError(c, watched.error);
  const all = [...registry.providers.values()];
  const seenBy = (seenIn: Health, work: 'text' | 'media', those: typeof all) =>
    those.map(({ spec: { id }, apiKeys }) => ({ provider: id, work, seen: seenIn.seen(id, apiKeys.length, nowMs) }));
  const { isLoaded, seen } = liveCatalogue(c.env);
  const families = familiesOf(watched.value, {
    providers: [
      ...seenBy(
        health,
        'text',
        all.filter(({ spec }) => spec.wires.length > 0),
      ),
      ...seenBy(
        jobDeps(c.env).health,
        'media',
        all.filter(({ spec }) => spec.media !== undefined),
      ),
    ],
    catalogueIsGood: isLoaded && (seen?.errors.length ?? 0) === 0,
    nowMs,
  });
  const format = askedFormat(c.req.header('accept') ?? '');
  const headers = { 'cache-control': 'no-store', vary: 'accept' };
  if (format === 'json') return c.json(asJson(families), 200, headers);
  return c.body(expositionText(families, format), 200, { ...headers, 'content-type': EXPOSITION_TYPES[format] });
}
