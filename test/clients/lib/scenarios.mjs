import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SILENCE_MS = Number(process.env.CLIENTS_SILENCE_MS ?? 62_000);
const ORDINARY_MS = 90_000;
/** The gateway promises a byte every 15 s; the rest is slack for a busy machine. */
const LONGEST_GAP_MS = 17_000;

/** Enough for a title and a memory beside the turns, but too few for a retry loop. */
const mostRequests = (turns) => turns + 4;

const word = (prefix) => `${prefix}${randomBytes(5).toString('hex')}`;

const text = (fields) => ({ kind: 'text', ...fields });

function requireAnswer(answer, { result }) {
  if (result.code !== 0) return `it ended with ${result.signal ?? `code ${result.code}`}`;
  if (!result.stdout.includes(answer)) return `its output lacks the answer ${answer}`;
}

function requireCount(what, actual, { least = 0, most }) {
  if (actual < least || actual > most) return `${actual} ${what}, expected ${least === most ? most : `${least} to ${most}`}`;
}

const firstOf = (...problems) => problems.find((problem) => problem !== undefined);

function plain() {
  const answer = word('answer-');
  return {
    prompt: 'Reply with the pass word and nothing else.',
    decide: () => text({ text: answer }),
    check: (run) =>
      firstOf(
        requireAnswer(answer, run),
        requireCount('turns upstream', run.turns.length, { least: 1, most: 1 }),
        requireCount('requests of the client', run.posts.length, { most: mostRequests(1) }),
      ),
  };
}

/** A file that the client's own tool writes, and what the client then tells the model about it. */
function errand(client, work) {
  const file = word('note-');
  const content = word('content-');
  const path = join(work, `${file}.txt`);
  return {
    call: ({ toolNames }) => ({ kind: 'tool', ...client.toolCall({ path, content, toolNames }) }),
    check({ turns }) {
      if (!existsSync(path)) return 'its tool wrote no file';
      const written = readFileSync(path, 'utf8').trimEnd();
      if (written !== content) return `its tool wrote ${JSON.stringify(written.slice(0, 100))}, expected ${content}`;
      const results = turns.at(-1)?.toolResults ?? [];
      if (results.length !== 1) return `${results.length} results of its tool went back, expected 1`;
    },
  };
}

function tool(client, { work }) {
  const answer = word('answer-');
  const { call, check } = errand(client, work);
  return {
    prompt: 'Write the note.',
    decide: (request) => (request.toolResults.length > 0 ? text({ text: answer }) : call(request)),
    check: (run) =>
      firstOf(
        check(run),
        requireAnswer(answer, run),
        requireCount('turns upstream', run.turns.length, { least: 2, most: 2 }),
        requireCount('requests of the client', run.posts.length, { most: mostRequests(2) }),
      ),
  };
}

function requireKeepalive({ posts }) {
  const longestMs = Math.max(...posts.map(({ longestGapMs }) => longestGapMs));
  if (longestMs > LONGEST_GAP_MS) return `the gateway was silent for ${(longestMs / 1000).toFixed(1)} s`;
}

function silence() {
  const answer = word('answer-');
  return {
    prompt: 'Think long, then reply with the pass word.',
    timeoutMs: SILENCE_MS + ORDINARY_MS,
    decide: () => text({ text: answer, silentMs: SILENCE_MS }),
    check: (run) =>
      firstOf(
        requireAnswer(answer, run),
        run.result.elapsedMs < SILENCE_MS ? 'it ended before the silence did' : undefined,
        run.direct ? undefined : requireKeepalive(run),
        requireCount('turns upstream', run.turns.length, { least: 1, most: 1 }),
        requireCount('requests of the client', run.posts.length, { most: mostRequests(1) }),
      ),
  };
}

/** The first provider fails once with a 500 and once by breaking off before any content; the second takes over. */
function failover(client, { work }) {
  const answer = word('answer-');
  const [first, second] = client.providers;
  const { call, check } = errand(client, work);
  return {
    prompt: 'Write the note, whoever fails.',
    decide(request) {
      const after = request.toolResults.length > 0;
      if (request.provider === first && after) return { kind: 'cut' };
      if (request.provider === first) return { kind: 'failure', status: 500, type: 'api_error', message: 'The first provider is down.' };
      return after ? text({ text: answer }) : call(request);
    },
    check(run) {
      const order = run.turns.map(({ provider, answered }) => `${provider} ${answered}`).join(', ');
      // The gateway may ask the first provider again before it turns to the second.
      const expected = new RegExp(`^(${first} failure, )+${second} tool, (${first} cut, )+${second} text$`);
      return firstOf(
        check(run),
        requireAnswer(answer, run),
        expected.test(order) ? undefined : `upstream there were: ${order}; expected: ${expected.source}`,
        requireCount('requests of the client', run.posts.length, { most: mostRequests(2) }),
      );
    },
  };
}

function refusal(kind, fields) {
  return (client) => {
    const { shows, mostRequests: most, leastRequests: least = 1, withinMs = 30_000 } = client.refusals[kind];
    return {
      prompt: 'Reply with the pass word.',
      timeoutMs: withinMs + 15_000,
      ...fields,
      decide: () => ({ kind: 'failure', ...fields.direct }),
      check({ result, turns, posts, direct }) {
        const output = result.stdout + result.stderr;
        return firstOf(
          shows.test(output) ? undefined : `its output lacks ${shows}`,
          result.elapsedMs > withinMs ? `it took ${Math.round(result.elapsedMs / 1000)} s` : undefined,
          direct ? undefined : requireCount('turns upstream', turns.length, { most: 0 }),
          requireCount('requests of the client', posts.length, { least, most }),
        );
      },
    };
  };
}

/** In the order in which they run: scenarios that mark a provider as failing come last. */
export const SCENARIOS = {
  plain,
  tool,
  silence,
  credits: refusal('credits', {
    openingCredits: 100,
    direct: {
      status: 402,
      type: 'insufficient_credits',
      message: 'This call needs 200 credits; the account has 100. Top up to go on (100 credits = 1 USD).',
      headers: { 'x-should-retry': 'false' },
    },
  }),
  limit: refusal('limit', {
    spendingLimit: 0.01,
    direct: {
      status: 429,
      type: 'spending_limit_error',
      message: "This API key's spending limit of 0.01 credits a month is reached.",
      code: 'insufficient_quota',
      headers: { 'x-should-retry': 'false' },
    },
  }),
  failover,
};

/** For clients that wait and retry as another client, or the AI SDK, does. */
export const A_FEW = ['plain', 'tool', 'credits'];

/** Scenarios that need a gateway. */
export const GATEWAY_ONLY = new Set(['failover']);

export const TIMEOUT_MS = ORDINARY_MS;
