/**
 * Tells the operator by mail what is wrong, whom nobody else tells: customers do not notice a provider that refuses the
 * gateway for as long as others take over. Looked at every ten minutes; a concern is mailed when it is new, again after a
 * day, and when all are over.
 */
import type { Result } from '../../core/errors';
import { isRecord, parseJson } from '../../core/record';
import { DAY_MS, HOUR_MS } from '../../core/time';
import type { Mailer } from '../../mail/mail';
import type { AttemptTotals, Watched } from '../metrics/read';
import { type Concern, wrongsOf } from './concerns';

/** How a provider's attempts went: `answered`, or by status or lack of one what was its fault. */
type Tally = Record<string, number>;

interface Known extends Concern {
  sinceMs: number;
  mailedMs: number | null;
}

export interface WatchState {
  /** All attempts as they were then, by provider: what has come since is looked at. */
  tallies: { atMs: number; of: Record<string, Tally> };
  concerns: Known[];
}

/** Within so long, and so many failures, can be judged. */
const WINDOW_MS = HOUR_MS;
const LEAST_FAILURES = 10;
const AGAIN_MS = DAY_MS;

const ANSWERED = 'answered';
const UNANSWERED = 'no answer';

/** Requests that are wrong by themselves: https://www.rfc-editor.org/rfc/rfc9110#section-15.5 */
const CALLERS_OWN = new Set(['400', '404', '413', '415', '422']);

function talliesOf(attempts: readonly AttemptTotals[]): Record<string, Tally> {
  const all: Record<string, Tally> = {};
  for (const { provider, test, outcome, status, attempts: count } of attempts) {
    const isFault = outcome === 'failed' && !CALLERS_OWN.has(String(status));
    if (test === 1 || !(isFault || outcome === ANSWERED)) continue;
    const how = outcome === ANSWERED ? ANSWERED : String(status) || UNANSWERED;
    const tally = all[String(provider)] ?? {};
    all[String(provider)] = { ...tally, [how]: (tally[how] ?? 0) + count };
  }
  return all;
}

const since = (tally: Tally, before: Tally = {}): Tally =>
  Object.fromEntries(Object.entries(tally).map(([how, count]) => [how, count - (before[how] ?? 0)]));

/** Undefined while a provider does well, or too little has come to tell. */
function troubleOf(provider: string, { [ANSWERED]: answered = 0, ...failures }: Tally): Concern | undefined {
  const bad = Object.entries(failures)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  const failed = bad.reduce((sum, [, count]) => sum + count, 0);
  if (failed < LEAST_FAILURES || failed <= answered) return undefined;
  const how = bad.map(([status, count]) => `${status}: ${count}`).join(', ');
  const text = `${provider} failed ${failed} of ${failed + answered} times within the last hour (${how}). Calls went on to other providers, where a model has some.`;
  return { id: `provider:${provider}`, text };
}

export interface Look {
  state: WatchState;
  concerns: Concern[];
}

/** Compares with the look before. What began within this window is over only when a whole one has passed without it. */
export function lookAt(watched: Watched, catalogueErrors: number, before: WatchState | undefined, nowMs: number): Look {
  const tallies = talliesOf(watched.attempts);
  const seen = before?.tallies ?? { atMs: nowMs, of: tallies };
  const isWindowOver = nowMs - seen.atMs >= WINDOW_MS;
  const troubles = Object.entries(tallies).flatMap(([provider, tally]) => troubleOf(provider, since(tally, seen.of[provider])) ?? []);
  const lasting = (before?.concerns ?? []).filter(
    ({ id }) => !isWindowOver && id.startsWith('provider:') && !troubles.some((trouble) => trouble.id === id),
  );
  const concerns = [...wrongsOf(watched, catalogueErrors, nowMs), ...troubles, ...lasting.map(({ id, text }) => ({ id, text }))];
  const known = concerns.map((concern): Known => {
    const earlier = before?.concerns.find(({ id }) => id === concern.id);
    return { ...concern, sinceMs: earlier?.sinceMs ?? nowMs, mailedMs: earlier?.mailedMs ?? null };
  });
  return { state: { tallies: isWindowOver ? { atMs: nowMs, of: tallies } : seen, concerns: known }, concerns };
}

const READ = 'SELECT state FROM operator_watch WHERE id = 1';
const WRITE = 'INSERT INTO operator_watch (id, state) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state';

async function readState(db: D1Database): Promise<WatchState | undefined> {
  const text = await db.prepare(READ).first<string>('state');
  const state = text === null ? undefined : parseJson(text);
  return isRecord(state) ? (state as unknown as WatchState) : undefined;
}

/** What was wrong at the last look, of which a page can know no more. */
export async function providersInTrouble(db: D1Database): Promise<Concern[]> {
  const concerns = (await readState(db))?.concerns ?? [];
  return concerns.filter(({ id }) => id.startsWith('provider:'));
}

export interface WatchDeps {
  db: D1Database;
  now: () => number;
  watched: (nowMs: number) => Promise<Result<Watched>>;
  catalogueErrors: number;
  /** Undefined where mail is not set up. */
  mail: Mailer | undefined;
  /** Whom to tell. */
  to: readonly string[];
  brand: string;
  origin: string | undefined;
}

/** A look, and the mail that it leads to. What could not be mailed is mailed after the next look. */
export async function watchGateway(deps: WatchDeps): Promise<void> {
  const { db, now, catalogueErrors } = deps;
  const nowMs = now();
  const [watched, before] = await Promise.all([deps.watched(nowMs), readState(db)]);
  if (!watched.ok) return console.error('gateway not watched', watched.error.message);
  const { state } = lookAt(watched.value, catalogueErrors, before, nowMs);
  const fresh = state.concerns.filter(({ mailedMs }) => mailedMs === null || nowMs - mailedMs >= AGAIN_MS);
  const isOver = state.concerns.length === 0 && (before?.concerns ?? []).some(({ mailedMs }) => mailedMs !== null);
  for (const { id, text, sinceMs } of fresh) if (sinceMs === nowMs) console.error('asks for attention', JSON.stringify({ id, text }));
  const isTold = (fresh.length > 0 || isOver) && (await tell(deps, state.concerns, fresh, nowMs));
  if (isTold) for (const concern of fresh) concern.mailedMs = nowMs;
  // Without a mail that all is over, the concern stays, to be told of then.
  const kept = isOver && !isTold && canTell(deps) ? { ...state, concerns: before!.concerns } : state;
  await db.prepare(WRITE).bind(JSON.stringify(kept)).run();
}

const canTell = ({ mail, to }: WatchDeps): boolean => mail !== undefined && to.length > 0;

/** False when nobody could be told. */
async function tell(
  { mail, to, brand, origin }: WatchDeps,
  all: readonly Known[],
  fresh: readonly Known[],
  nowMs: number,
): Promise<boolean> {
  if (!mail) return false;
  const [first] = fresh;
  const subject = first
    ? `${brand}: ${fresh.length === 1 ? first.text : `${fresh.length} things ask for your attention`}`
    : `${brand}: all is in order again`;
  const others = all.filter((concern) => !fresh.includes(concern)).map(({ text }) => `Still: ${text}`);
  const paragraphs = first ? [...fresh.map(({ text }) => text), ...others] : ['What you were told of is over.'];
  const action = origin === undefined ? {} : { action: { label: 'Look at the gateway', url: `${origin}/operator` } };
  let told = 0;
  for (const address of to) {
    try {
      await mail({ to: address, subject, paragraphs, ...action, idempotencyKey: `operator/${nowMs}/${address}` });
      told++;
    } catch (error) {
      console.error('operator not told', String(error));
    }
  }
  return told > 0;
}
