/** The first page of who runs the gateway. */
import type { FC } from 'hono/jsx';
import type { OperatorContext } from '../../console/context';
import { readWatched, type Watched } from '../../console/metrics/read';
import { type Concern, missingOf, wrongsOf } from '../../console/operator/concerns';
import { refusedBy } from '../../console/operator/overview';
import { type Days, type Overview, readOverview, spanInput } from '../../console/operator/span';
import { providersInTrouble } from '../../console/operator/watch';
import { toCredits } from '../../core/money';
import type { AppContext } from '../../http/context';
import { jobDeps, liveCatalogue } from '../../http/deps';
import { keyVariable, PROVIDER_SPECS } from '../../providers/registry';
import type { ProviderSpec } from '../../providers/types';
import { type AccountRoute, queryOf } from '../../routes/account/route';
import { dollars, Empty, type Figure, Figures, inBoth, Time, whole } from '../parts';
import { page, refusalPage } from '../shell';
import { share } from '../usage-shares';
import { OVERVIEW } from './session';
import { ByDay, Customers, RefusedCalls, Shares, Spans } from './span';

const missing = (c: AppContext, { settings, mail }: OperatorContext): Concern[] =>
  missingOf({
    isLocal: settings.LOCAL === '1',
    sendsMail: mail !== undefined,
    takesPayments: settings.STRIPE_SECRET_KEY !== undefined,
    hasPublicUrl: settings.PUBLIC_URL !== undefined,
    isTold: settings.OPERATOR_EMAIL.length > 0,
    configuredProviders: c.get('gateway').registry.configuredProviders.length,
  });

const Concerns: FC<{ wrong: Concern[]; missing: Concern[] }> = ({ wrong, missing: notSetUp }) => (
  <section class="stack" aria-labelledby="concerns">
    <h2 id="concerns">What asks for attention</h2>
    {wrong.length + notSetUp.length === 0 ? (
      <p>
        <span class="dot working" aria-hidden="true" />
        Nothing.
      </p>
    ) : (
      <ul class="lines">
        {wrong.map(({ text }) => (
          <li>
            <span>{text}</span>
            <span class="tag bad">wrong</span>
          </li>
        ))}
        {notSetUp.map(({ text }) => (
          <li>
            <span>{text}</span>
            <span class="tag">not set up</span>
          </li>
        ))}
      </ul>
    )}
  </section>
);

const SpanFigures: FC<{ of: Overview; books: Watched['books'] }> = ({ of: overview, books }) => {
  const { calls, failedCalls, testCalls, chargedCredits, toppedUpCredits, givenCredits } = overview;
  const sums = books?.sums;
  const figures: Figure[] = [
    inBoth('Charged for calls', chargedCredits),
    ['Calls', whole(calls), `${share(failedCalls, calls) || '0 %'} failed; ${whole(testCalls)} more by test keys`],
    ['Topped up', dollars(toppedUpCredits), `and ${dollars(givenCredits)} granted`],
    [
      'Owed to customers',
      sums ? dollars(toCredits(sums.owedMicro)) : '–',
      sums ? `in ${whole(sums.accounts)} accounts, ${whole(sums.active)} active` : 'known after the first night',
    ],
  ];
  return <Figures of={figures} />;
};

const Others: FC<{ specs: readonly ProviderSpec[] }> = ({ specs }) => (
  <details>
    <summary>Not set up: {specs.length} more, and your own</summary>
    <div class="stack">
      <p class="small">
        Each is there once its variable has a key: <code>npx wrangler secret put NAME</code>, or a line in <code>.dev.vars</code> on your
        own machine. Servers of your own are named by <code>CUSTOM_PROVIDERS</code> and <code>CUSTOM_MEDIA_PROVIDERS</code>.
      </p>
      <ul class="lines">
        {specs.map(({ id, label }) => (
          <li>
            <span>{label}</span>
            <code class="small">{keyVariable(id)}</code>
          </li>
        ))}
      </ul>
    </div>
  </details>
);

/** Every provider that this gateway has a key for, with what this isolate saw of it lately. */
const Providers: FC<{ c: AppContext }> = ({ c }) => {
  const { registry, health, now } = c.get('gateway');
  const { health: mediaHealth } = jobDeps(c.env);
  const rows = [...registry.providers.values()].map(({ spec, apiKeys }) => {
    const seen = [health, mediaHealth].map((one) => one.seen(spec.id, apiKeys.length, now()));
    const isDown = seen.some(({ state }) => state !== 'working' && state !== 'quiet');
    return { label: spec.label, keys: apiKeys.length, isDown, isInside: spec.serve !== undefined };
  });
  return (
    <section class="stack" aria-labelledby="providers">
      <h2 id="providers">Providers</h2>
      <ul class="lines">
        {rows.map(({ label, keys, isDown, isInside }) => (
          <li>
            <span>
              <span class={`dot ${isDown ? 'failing' : 'working'}`} aria-hidden="true" />
              {label}
            </span>
            <span class="small quiet">
              {isInside ? 'answers in this gateway' : keys === 1 ? '1 key' : `${keys} keys`}
              {isDown && ', in trouble'}
            </span>
          </li>
        ))}
      </ul>
      <p class="small quiet">
        As this copy of the gateway saw the last minute; <a href="/status">more on the status page</a>.
      </p>
      <Others specs={PROVIDER_SPECS.filter(({ id }) => !registry.providers.has(id))} />
    </section>
  );
};

/** What the span comes to, or that there is nothing. */
const Span: FC<{ of: Overview; days: Days; nowMs: number; labels: ReadonlyMap<string, string> }> = ({ of, days, nowMs, labels }) =>
  of.calls === 0 && of.chargedCredits === 0 ? (
    <Empty title={days === 'all' ? 'No call yet' : 'No call in this time'}>
      <p>What models and providers earn and how they fail is here within a minute of a call.</p>
    </Empty>
  ) : (
    <>
      <ByDay of={of} nowMs={nowMs} />
      <Shares id="models" title="Models" column="Model" of={of.models} />
      <Shares id="answered" title="Who answered" column="Provider" of={of.providers} labels={labels} />
      {of.customers && <Customers of={of.customers} from={of.from} />}
    </>
  );

async function overviewPage(c: AppContext, context: OperatorContext): Promise<Response> {
  const nowMs = context.now();
  const asked = spanInput.safeParse(queryOf(c));
  const { days } = asked.success ? asked.data : spanInput.parse({});
  const [watched, read, inTrouble] = await Promise.all([
    readWatched(context.db, nowMs),
    readOverview(context.db, days, nowMs),
    providersInTrouble(context.db),
  ]);
  if (!watched.ok) return refusalPage(c, watched.error);
  if (!read.ok) return refusalPage(c, read.error);
  const overview = read.value;
  const { books } = watched.value;
  const refused = refusedBy(watched.value.refusals);
  const wrong = [...inTrouble, ...wrongsOf(watched.value, liveCatalogue(c.env).seen?.errors.length ?? 0, nowMs)];
  const { registry } = c.get('gateway');
  const labels = new Map([...registry.providers.values()].map(({ spec }) => [spec.id, spec.label]));
  return page(
    c,
    { title: 'Overview', operator: true },
    <>
      <div class="head">
        <div class="tight">
          <h1>Overview</h1>
          <p class="small quiet">
            {overview.from === null ? 'Since this gateway began' : `Days of UTC, since ${overview.from}`}
            {books && (
              <>
                ; books last checked at <Time at={new Date(books.endedAtMs).toISOString()} /> UTC
              </>
            )}
          </p>
        </div>
      </div>
      <Spans days={days} />
      <SpanFigures of={overview} books={books} />
      <Concerns wrong={wrong} missing={missing(c, context)} />
      <Span of={overview} days={days} nowMs={nowMs} labels={labels} />
      {refused.length > 0 && <RefusedCalls of={refused} />}
      <Providers c={c} />
    </>,
  );
}

export const overviewPages: AccountRoute[] = [{ method: 'GET', path: OVERVIEW, permission: 'operator', handle: overviewPage }];
