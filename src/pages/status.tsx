/** How each upstream is doing, as seen by this isolate, and the result of the nightly check of the books. */
import { desc, gt, sql } from 'drizzle-orm';
import type { FC } from 'hono/jsx';
import type { ProviderSeen } from '../core/health';
import { DAY_MS, HOUR_MS } from '../core/time';
import { database } from '../db/client';
import { reconciliationRuns, reconciliations } from '../db/schema';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { Headings, Scroll, Time, whole } from './parts';
import { page, viewerOf } from './shell';

const WORDS: Record<ProviderSeen['state'], string> = {
  working: 'Working',
  quiet: 'Ready; not called within the last minute',
  failing: 'Failing; calls go on to the next provider',
  paused: 'Left alone for half a minute',
  shut: 'Takes no calls from this gateway at the moment',
};

const DAYS = 7;
/** More than a day, so that a missed nightly check shows. */
const LATE_MS = 30 * HOUR_MS;

/** How many accounts' books had differences, by run. Which accounts is not public. */
const discrepancies = (c: AppContext) =>
  database(c.env.DB)
    .select({ at: reconciliations.at, accounts: sql<number>`COUNT(DISTINCT ${reconciliations.accountId})` })
    .from(reconciliations)
    .where(gt(reconciliations.at, c.get('gateway').now() - DAYS * DAY_MS))
    .groupBy(reconciliations.at)
    .orderBy(desc(reconciliations.at))
    .limit(DAYS);

const lastRun = async (c: AppContext): Promise<number | null> => {
  const [row] = await database(c.env.DB)
    .select({ at: sql<number | null>`MAX(${reconciliationRuns.endedAt})` })
    .from(reconciliationRuns);
  return row?.at ?? null;
};

/** Calls do without the database: this page does, too. */
async function booksOf(c: AppContext) {
  try {
    const [found, checkedAt] = await Promise.all([discrepancies(c), lastRun(c)]);
    return { found, checkedAt };
  } catch (error) {
    console.error('status of the books not read', String(error));
    return undefined;
  }
}

type Books = NonNullable<Awaited<ReturnType<typeof booksOf>>>;

const BooksShown: FC<{ books: Books; nowMs: number }> = ({ books: { found, checkedAt }, nowMs }) => (
  <>
    <p>
      <span class={`dot ${checkedAt === null ? 'quiet' : nowMs - checkedAt < LATE_MS ? 'working' : 'failing'}`} aria-hidden="true" />
      {checkedAt === null ? (
        'No night has passed yet in which all were checked.'
      ) : (
        <>
          All were last checked at <Time at={new Date(checkedAt).toISOString()} /> UTC.
        </>
      )}
    </p>
    {found.length === 0 ? (
      <p>
        <span class="dot working" aria-hidden="true" />
        No difference was noted within the last {DAYS} days.
      </p>
    ) : (
      <ul class="tight">
        {found.map(({ at, accounts }) => (
          <li>
            <Time at={new Date(at).toISOString()} /> {accounts} {accounts === 1 ? 'wallet' : 'wallets'} with a difference
          </li>
        ))}
      </ul>
    )}
  </>
);

async function status(c: AppContext): Promise<Response> {
  const { registry, health, now } = c.get('gateway');
  const books = await booksOf(c);
  // Who has a session is somebody unknown until the database is there again.
  const context = await viewerOf(c).catch(() => undefined);
  const upstreams = [...registry.providers.values()].map(({ spec, apiKeys }) => ({
    ...health.seen(spec.id, apiKeys.length, now()),
    label: spec.label,
  }));
  const troubled = upstreams.filter(({ state }) => state !== 'working' && state !== 'quiet').length;
  return page(
    c,
    { title: 'Status', context },
    <>
      <div class="stack">
        <p class="row">
          <span class={`tag ${troubled === 0 ? 'good' : 'bad'}`}>{troubled === 0 ? 'All in order' : 'Trouble upstream'}</span>
          <span class="small quiet">
            at <Time at={new Date(now()).toISOString()} /> UTC
          </span>
        </p>
        <h1>{troubled === 0 ? 'The gateway answers' : `${troubled} of ${upstreams.length} upstreams in trouble`}</h1>
        <p class="lead">
          Each data centre runs many copies of the gateway, and each copy judges for itself. This is what the copy that answered you has
          seen within the last minute.
        </p>
      </div>
      <section class="stack" aria-labelledby="upstreams">
        <h2 id="upstreams">Upstreams</h2>
        <Scroll label="Upstreams">
          <table>
            <Headings of={['Upstream', 'State', 'Answered', 'Failed']} figures={['Answered', 'Failed']} />
            <tbody>
              {upstreams.map(({ label, state, successes, failures }) => (
                <tr>
                  <th scope="row">
                    <strong>{label}</strong>
                  </th>
                  <td>
                    <span class={`dot ${state}`} aria-hidden="true" />
                    {WORDS[state]}
                  </td>
                  <td class="number">{whole(successes)}</td>
                  <td class="number">{whole(failures)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </section>
      <section class="stack" aria-labelledby="books">
        <h2 id="books">The books</h2>
        <p class="prose quiet">Every night each wallet is added up again from its ledger and compared with its copy.</p>
        {books ? (
          <BooksShown books={books} nowMs={now()} />
        ) : (
          <p>
            <span class="dot failing" aria-hidden="true" />
            The database does not answer. Calls go on without it, pages of accounts do not.
          </p>
        )}
      </section>
    </>,
  );
}

export const statusPages: AccountRoute[] = [{ method: 'GET', path: '/status', permission: 'public', handle: status }];
