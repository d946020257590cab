/** The first page of who runs the gateway. */
import type { FC } from 'hono/jsx';
import type { OperatorContext } from '../../console/context';
import { readWatched, type Watched } from '../../console/metrics/read';
import { type Concern, concernsOf, type Overview, overviewOf, type SetUp, type Share } from '../../console/operator/overview';
import { toCredits } from '../../core/money';
import type { AppContext } from '../../http/context';
import { jobDeps, liveCatalogue } from '../../http/deps';
import { keyVariable, PROVIDER_SPECS } from '../../providers/registry';
import type { ProviderSpec } from '../../providers/types';
import type { AccountRoute } from '../../routes/account/route';
import { alignedCredits, credits, dollars, duration, Empty, Headings, Name, Scroll, Time, whole } from '../parts';
import { page, refusalPage } from '../shell';
import { share } from '../usage-shares';
import { OVERVIEW } from './session';

const SHOWN = 15;

function setUpOf(c: AppContext, { settings, mail }: OperatorContext): SetUp {
  const { registry } = c.get('gateway');
  return {
    isLocal: settings.LOCAL === '1',
    sendsMail: mail !== undefined,
    takesPayments: settings.STRIPE_SECRET_KEY !== undefined,
    hasPublicUrl: settings.PUBLIC_URL !== undefined,
    configuredProviders: registry.configuredProviders.length,
    catalogueErrors: liveCatalogue(c.env).seen?.errors.length ?? 0,
  };
}

const Concerns: FC<{ of: Concern[] }> = ({ of: concerns }) => (
  <section class="stack" aria-labelledby="concerns">
    <h2 id="concerns">What asks for attention</h2>
    {concerns.length === 0 ? (
      <p>
        <span class="dot working" aria-hidden="true" />
        Nothing.
      </p>
    ) : (
      <ul class="lines">
        {concerns.map(({ kind, text }) => (
          <li>
            <span>{text}</span>
            <span class={kind === 'wrong' ? 'tag bad' : 'tag'}>{kind === 'wrong' ? 'wrong' : 'not set up'}</span>
          </li>
        ))}
      </ul>
    )}
  </section>
);

const Figures: FC<{ of: Overview; books: Watched['books'] }> = ({ of: overview, books }) => {
  const { calls, failedCalls, testCalls, chargedCredits, toppedUpCredits, givenCredits } = overview;
  const sums = books?.sums;
  const figures: [string, string, string][] = [
    ['Charged for calls', dollars(chargedCredits), `${credits(chargedCredits)} credits`],
    ['Calls', whole(calls), `${share(failedCalls, calls) || '0 %'} failed; ${whole(testCalls)} more by test keys`],
    ['Topped up', dollars(toppedUpCredits), `and ${dollars(givenCredits)} granted`],
    [
      'Owed to customers',
      sums ? dollars(toCredits(sums.owedMicro)) : '–',
      sums ? `in ${whole(sums.accounts)} accounts, ${whole(sums.active)} active` : 'known after the first night',
    ],
  ];
  return (
    <dl class="figures panel">
      {figures.map(([name, value, more]) => (
        <div>
          <dt>{name}</dt>
          <dd>
            {value}
            <small>{more}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
};

const Shares: FC<{ id: string; title: string; column: string; of: Share[]; labels?: ReadonlyMap<string, string> }> = (props) => {
  const { id, title, column, of: rows, labels } = props;
  const figures = ['Calls', 'Failed', 'On average', 'Credits'];
  return (
    <section class="stack" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <Scroll label={title}>
        <table>
          <Headings of={[column, ...figures]} figures={figures} wide={['Failed', 'On average']} />
          <tbody>
            {rows.slice(0, SHOWN).map(({ name, calls, failedCalls, meanMs, chargedCredits }) => (
              <tr>
                <th scope="row" class="break">
                  {name === '' ? <span class="quiet">none</span> : <Name of={labels?.get(name) ?? name} />}
                </th>
                <td class="number">{whole(calls)}</td>
                <td class="number wide-only">{share(failedCalls, calls) || '–'}</td>
                <td class="number wide-only">{meanMs === undefined ? '–' : duration(Math.round(meanMs))}</td>
                <td class="number">{alignedCredits(chargedCredits, 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length > SHOWN && <p class="small quiet">And {whole(rows.length - SHOWN)} more, which earned less.</p>}
    </section>
  );
};

const Others: FC<{ missing: readonly ProviderSpec[] }> = ({ missing }) => (
  <details>
    <summary>Not set up: {missing.length} more, and your own</summary>
    <div class="stack">
      <p class="small">
        Each is there once its variable has a key: <code>npx wrangler secret put NAME</code>, or a line in <code>.dev.vars</code> on your
        own machine. Servers of your own are named by <code>CUSTOM_PROVIDERS</code> and <code>CUSTOM_MEDIA_PROVIDERS</code>.
      </p>
      <ul class="lines">
        {missing.map(({ id, label }) => (
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
      <Others missing={PROVIDER_SPECS.filter(({ id }) => !registry.providers.has(id))} />
    </section>
  );
};

async function overviewPage(c: AppContext, context: OperatorContext): Promise<Response> {
  const nowMs = context.now();
  const watched = await readWatched(context.db, nowMs);
  if (!watched.ok) return refusalPage(c, watched.error);
  const overview = overviewOf(watched.value);
  const { books } = watched.value;
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
            Since this gateway began
            {books && (
              <>
                ; books last checked at <Time at={new Date(books.endedAtMs).toISOString()} /> UTC
              </>
            )}
          </p>
        </div>
      </div>
      <Figures of={overview} books={books} />
      <Concerns of={concernsOf(watched.value, setUpOf(c, context), nowMs)} />
      {overview.calls === 0 ? (
        <Empty title="No call yet">
          <p>What models and providers earn and how they fail is here within a minute of the first call.</p>
        </Empty>
      ) : (
        <>
          <Shares id="models" title="Models" column="Model" of={overview.models} />
          <Shares id="answered" title="Who answered" column="Provider" of={overview.providers} labels={labels} />
        </>
      )}
      <Providers c={c} />
    </>,
  );
}

export const overviewPages: AccountRoute[] = [{ method: 'GET', path: OVERVIEW, permission: 'operator', handle: overviewPage }];
