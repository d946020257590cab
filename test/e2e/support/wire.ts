/** Chat Completions as providers write them. */
import type { Reply, Step } from './upstream';

/** At the prices of a lane: 100 * 100 + 25 * 400 micro-credits. */
export const USAGE = { prompt_tokens: 100, completion_tokens: 25, total_tokens: 125 };
export const USAGE_MICRO = 20_000;
export const USAGE_CREDITS = 0.02;

export const DONE = 'data: [DONE]\n\n';

type Fields = Record<string, unknown>;

export const data = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`;

const HEAD = { id: 'chatcmpl-upstream', object: 'chat.completion.chunk', created: 1_763_600_000, model: 'upstream-model' };

/** One event of a stream; choice 0 unless `choice` says otherwise. */
export const chunk = (delta: Fields, choice: Fields = {}, more: Fields = {}): string =>
  data({ ...HEAD, choices: [{ index: 0, delta, finish_reason: null, ...choice }], ...more });

export const role = (): string => chunk({ role: 'assistant', content: '' });
export const says = (content: string): string => chunk({ content });
export const finish = (finish_reason = 'stop', more: Fields = {}): string => chunk({}, { finish_reason }, more);
/** Usage as OpenAI sends it: on a chunk without choices, after the last. */
export const usageChunk = (usage: unknown = USAGE): string => data({ ...HEAD, choices: [], usage });

export const errorEvent = (message: string, fields: Fields = {}): string => data({ error: { message, ...fields } });

/** The events of a complete stream, with its usage. */
export const streamOf = (texts: readonly string[], usage: unknown = USAGE): string[] => [
  role(),
  ...texts.map(says),
  finish(),
  usageChunk(usage),
  DONE,
];

export const sse = (steps: Reply['steps'], more: Partial<Reply> = {}): Reply => ({
  headers: { 'content-type': 'text/event-stream' },
  steps,
  ...more,
});

export const json = (body: unknown, more: Partial<Reply> = {}): Reply => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { headers: { 'content-type': 'application/json' }, steps: [text] satisfies Step[], ...more };
};

export const failure = (status: number, message: string, fields: Fields = {}, headers: Record<string, string> = {}): Reply =>
  json({ error: { message, type: 'upstream_type', ...fields } }, { status, headers: { 'content-type': 'application/json', ...headers } });

export const completion = (message: Fields, more: Fields = {}, choice: Fields = {}): Fields => ({
  id: 'chatcmpl-upstream',
  object: 'chat.completion',
  created: 1_763_600_000,
  model: 'upstream-model',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...choice }],
  usage: USAGE,
  ...more,
});

export const answer = (content: string, more: Fields = {}): Reply => json(completion({ content }, more));

export const inMicro = (credits: unknown): number => Math.round(Number(credits) * 1_000_000);

/** The gateway's estimate for a prompt or a produced text where nobody counts its tokens. */
export const estimatedTokens = (chars: number): number => Math.ceil(chars / 4);
