// What is measured. c: concurrent connections, n: at most this many requests, t: at most this many seconds.
// Chunks, delay (ms) and so on go to the mock inside the prompt, which every gateway passes on.
// on: the targets to measure when none are named on the command line. latency: its CPU time is not reported, so
// deferred work is not waited for. whole: --quick does not shorten it.
export const SCENARIOS = {
  'idle-500': {
    about: '500 slow streams at once: memory',
    on: ['floor', 'floor-do', 'floor-do-meter', 'ours'],
    load: { stream: true, chunks: 8, delay: 400, c: 500, n: 500, t: 8, stagger: 400, latency: true },
    cold: true,
  },
  'json-c32': {
    about: 'JSON, 1 kB answers, 32 at once',
    on: ['floor', 'floor-do', 'ours', 'ours-alone'],
    load: { c: 32, n: 100_000, t: 3 },
  },
  'json-c1': { about: 'JSON, one at a time', on: ['direct', 'floor', 'floor-do', 'ours'], load: { c: 1, n: 50_000, t: 2 } },
  'json-200k': {
    about: 'JSON, 200 kB prompts (coding agents), 32 at once',
    on: ['floor', 'floor-do', 'ours'],
    load: { c: 32, n: 50_000, t: 3, prompt: 200_000 },
  },
  'stream-200k': {
    about: 'short streams, 200 kB prompts, 32 at once',
    on: ['floor', 'floor-do', 'ours'],
    load: { stream: true, chunks: 20, delay: 5, c: 32, n: 50_000, t: 3, prompt: 200_000 },
  },
  ttfb: {
    about: 'short streams, one at a time: time to the first event',
    on: ['direct', 'floor', 'floor-do', 'ours'],
    load: { stream: true, chunks: 2, delay: 5, c: 1, n: 200, t: 5, latency: true },
  },
  'burst-500': {
    about: '500-chunk streams as fast as they go, 8 at once',
    on: ['floor', 'floor-do-meter', 'ours'],
    load: { stream: true, chunks: 500, delay: 0, c: 8, n: 1500, t: 2.5 },
  },
  'paced-500': {
    about: '500-chunk streams at 200 chunks/s, 40 at once',
    on: ['floor', 'floor-do', 'floor-do-meter', 'floor-do-pump', 'ours', 'ours-alone'],
    load: { stream: true, chunks: 500, delay: 5, c: 40, n: 80, t: 5, stagger: 487 },
  },
  'ttfb-messages': {
    about: 'the same by Messages',
    on: ['floor', 'ours'],
    load: { format: 'messages', stream: true, chunks: 2, delay: 5, c: 1, n: 200, t: 5, latency: true },
  },
  'ttfb-responses': {
    about: 'the same by Responses',
    on: ['floor', 'ours'],
    load: { format: 'responses', stream: true, chunks: 2, delay: 5, c: 1, n: 200, t: 5, latency: true },
  },
  'paced-messages': {
    about: 'paced streams by Messages',
    on: ['floor', 'ours'],
    load: { format: 'messages', stream: true, chunks: 500, delay: 5, c: 40, n: 80, t: 5, stagger: 487 },
  },
  'paced-responses': {
    about: 'paced streams by Responses',
    on: ['floor', 'ours'],
    load: { format: 'responses', stream: true, chunks: 500, delay: 5, c: 40, n: 80, t: 5, stagger: 487 },
  },
  accounts: {
    about: 'JSON, 32 at once, from one account and from a thousand',
    on: ['floor-do', 'ours'],
    parts: {
      'accounts-1': { c: 32, n: 100_000, t: 3, accounts: 1, latency: true },
      // Long enough to include what an account does every few seconds, such as sending its ledger lines to D1.
      'accounts-1000': { c: 32, n: 100_000, t: 10, accounts: 1000, latency: true, whole: true },
    },
  },
};

/** The least that the project's own targets need. */
export const QUICK = {
  scenarios: [
    'json-c32',
    'json-200k',
    'ttfb',
    'ttfb-messages',
    'ttfb-responses',
    'paced-500',
    'paced-messages',
    'paced-responses',
    'accounts',
  ],
  targets: ['direct', 'floor', 'floor-do', 'ours'],
};

/** The loads of a scenario, each with the name under which it is recorded; quick: about half as long. */
export function partsOf(name, quick) {
  const parts = Object.entries(SCENARIOS[name].parts ?? { [name]: SCENARIOS[name].load });
  return parts.map(([part, load]) => [part, quick && !load.whole ? { ...load, n: load.n / 2, t: load.t * 0.6 } : load]);
}

/** Where a request of each format goes, and what marks the end of its stream. */
export const FORMATS = {
  chat: { path: '/v1/chat/completions', end: '[DONE]' },
  messages: { path: '/v1/messages', end: 'message_stop' },
  responses: { path: '/v1/responses', end: 'response.completed' },
};

/** An upper bound for each answer's text, so that no hold has to grow. */
const MAX_TOKENS = 2000;

export function body({ format = 'chat', stream = false, chunks, delay, prompt = 400 }, model = 'bench') {
  const steer = stream ? `bench-chunks-${chunks}-delay-${delay}` : 'bench-bytes-1024';
  const text = `${steer} ${'All work and no play makes a dull gateway. '.repeat(Math.ceil(prompt / 43)).slice(0, prompt)}`;
  if (format === 'responses') return { model, max_output_tokens: MAX_TOKENS, input: text, stream, store: false };
  const messages = [{ role: 'user', content: text }];
  if (format === 'messages') return { model, max_tokens: MAX_TOKENS, messages, stream };
  return { model, max_tokens: MAX_TOKENS, messages, stream, ...(stream && { stream_options: { include_usage: true } }) };
}
