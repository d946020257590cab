import { serve } from '../../../src/providers/sandbox/serve';

export const URL_CHAT = 'https://sandbox.invalid/v1/chat/completions';

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
  completion_tokens_details: { reasoning_tokens: number };
}

export interface ToolCall {
  index?: number;
  id: string;
  type: string;
  function: { name: string; arguments: string };
}

interface Message {
  role: string;
  content: string | null;
  refusal: string | null;
  reasoning_content?: string;
  tool_calls?: ToolCall[];
}

export interface Answer {
  id: string;
  object: string;
  created: number;
  model: string;
  choices: { index: number; message: Message; finish_reason: string }[];
  usage?: Usage;
  error?: { message: string; type: string; code: string | null; param: string | null };
}

export interface Chunk {
  id: string;
  object: string;
  model: string;
  choices: { index: number; delta: Partial<Message>; finish_reason: string | null }[];
  usage?: Usage | null;
  error?: { message: string; type: string };
}

export const neverAborted = (): AbortSignal => new AbortController().signal;

export const send = (body: unknown, signal = neverAborted(), url = URL_CHAT): Promise<Response> =>
  serve({ url, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body), signal });

/** A request whose last user message is `text`. */
export const asking = (text: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  model: 'gpt-5.4',
  messages: [{ role: 'user', content: text }],
  ...more,
});

export async function answerTo(text: string, more: Record<string, unknown> = {}): Promise<Answer> {
  const response = await send(asking(text, more));
  return (await response.json()) as Answer;
}

/** The text of a body up to its end, or to where it broke off. */
export async function readBody(response: Response): Promise<{ text: string; broken: unknown }> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const reader = response.body!.getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { text, broken: undefined };
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    return { text, broken: error };
  }
}

export function chunksOf(text: string): Chunk[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n\r?\n/)
    .filter((event) => event.startsWith('data: ') && event !== 'data: [DONE]')
    .map((event) => JSON.parse(event.slice('data: '.length)) as Chunk);
}

export async function streamed(text: string, more: Record<string, unknown> = {}) {
  const response = await send(asking(text, { stream: true, ...more }));
  const body = await readBody(response);
  const chunks = chunksOf(body.text);
  const content = chunks.flatMap((chunk) => chunk.choices ?? []).map((choice) => choice.delta.content ?? '');
  return { response, ...body, chunks, content: content.join(''), contentChunks: content.filter((piece) => piece !== '').length };
}

export interface Event {
  event: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an event, it also checks.
  data: any;
}

/** The events of a body in any format; for a JSON array, its items. */
export function eventsOf(text: string): Event[] {
  const body = text.replace(/^\uFEFF/, '');
  if (body.startsWith('[')) return (JSON.parse(body) as unknown[]).map((data) => ({ event: undefined, data }));
  return body
    .split(/\r?\n\r?\n/)
    .filter((event) => event !== '' && !event.startsWith(':'))
    .map((event) => {
      const lines = event.split(/\r?\n/);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field('data') ?? '';
      return { event: field('event'), data: data === '[DONE]' ? data : JSON.parse(data) };
    });
}

export const call = (path: string, body: unknown, method = 'POST', signal = neverAborted()): Promise<Response> =>
  serve({ url: `https://sandbox.invalid${path}`, method, headers: {}, body: body === undefined ? '' : JSON.stringify(body), signal });

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer, it also checks.
export async function json(path: string, body: unknown, method = 'POST'): Promise<any> {
  return (await call(path, body, method)).json();
}

export async function events(path: string, body: unknown) {
  const response = await call(path, body);
  const { text, broken } = await readBody(response);
  return { response, text, broken, events: broken ? [] : eventsOf(text) };
}

/** Replaces `fetch` for the official clients. */
export async function fetchFromSandbox(input: unknown, init?: RequestInit): Promise<Response> {
  const request = new Request(input as string, { ...init, signal: null } as RequestInit);
  const { url, method } = request;
  return serve({ url, method, headers: {}, body: await request.text(), signal: init?.signal ?? neverAborted() });
}
