// What is measured. c: concurrent connections, n: at most this many requests, t: at most this many seconds.
// Chunks, delay (ms) and so on go to the mock inside the prompt, which every gateway passes on.
// on: the targets that a run measures with it when none are named.
export const SCENARIOS = {
  'idle-500': {
    about: '500 slow streams at once: memory',
    on: ['floor', 'floor-do', 'floor-do-meter', 'ours'],
    load: { stream: true, chunks: 10, delay: 400, c: 500, n: 500, t: 8, stagger: 400 },
    cold: true,
  },
  'json-c32': {
    about: 'JSON, 1 kB answers, 32 at once',
    on: ['floor', 'floor-do', 'floor-do-meter', 'ours'],
    load: { c: 32, n: 100_000, t: 4 },
  },
  'json-c1': { about: 'JSON, one at a time', on: ['direct', 'floor', 'floor-do', 'ours'], load: { c: 1, n: 50_000, t: 2.5 } },
  'json-200k': {
    about: 'JSON, 200 kB prompts (coding agents), 32 at once',
    on: ['floor', 'floor-do', 'floor-do-meter', 'ours'],
    load: { c: 32, n: 50_000, t: 4, prompt: 200_000 },
  },
  ttfb: {
    about: 'short streams, one at a time: time to the first event',
    on: ['direct', 'floor', 'floor-do', 'floor-do-meter', 'ours'],
    load: { stream: true, chunks: 2, delay: 5, c: 1, n: 250, t: 6 },
  },
  'burst-500': {
    about: '500-chunk streams as fast as they go, 8 at once',
    on: ['floor', 'floor-do', 'floor-do-meter', 'ours'],
    load: { stream: true, chunks: 500, delay: 0, c: 8, n: 1500, t: 3 },
  },
  'paced-500': {
    about: '500-chunk streams at 200 chunks/s, 40 at once',
    on: ['floor', 'floor-do', 'floor-do-meter', 'floor-do-pump', 'ours'],
    load: { stream: true, chunks: 500, delay: 5, c: 40, n: 80, t: 5, stagger: 500 },
  },
  accounts: {
    about: 'JSON, 32 at once, from one account and from a thousand',
    on: ['floor-do', 'ours'],
    parts: {
      'accounts-1': { c: 32, n: 100_000, t: 4, accounts: 1 },
      'accounts-1000': { c: 32, n: 100_000, t: 4, accounts: 1000 },
    },
  },
};

export const QUICK = ['json-c32', 'json-200k', 'ttfb', 'paced-500', 'accounts'];

/** The loads of a scenario, by the name they are recorded under. */
export const partsOf = (name) => SCENARIOS[name].parts ?? { [name]: SCENARIOS[name].load };

/** The request body of a load. */
export function body({ stream = false, chunks, delay, prompt = 400 }, model = 'bench') {
  const steer = stream ? `bench-chunks-${chunks}-delay-${delay}` : 'bench-bytes-1024';
  const text = `${steer} ${'All work and no play makes a dull gateway. '.repeat(Math.ceil(prompt / 43)).slice(0, prompt)}`;
  const messages = [{ role: 'user', content: text }];
  return { model, max_tokens: 1000, messages, stream, ...(stream && { stream_options: { include_usage: true } }) };
}
