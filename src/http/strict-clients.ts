/**
 * Clients generated from OpenRouter's API document reject every answer that deviates from it, and then show a
 * validation error in place of the message. For them, errors get a numeric code, and fields of a chat answer are
 * renamed, nulled or left out as that document has them. Everybody else gets OpenAI's shape.
 */

import { type Fields, isRecord, parseJson } from '../core/record';
import { EventCutter, eventData, splitEvents } from '../core/sse';
import { creditsAsUsd } from '../dialects/openrouter/usd';
import { isOpenrouters } from './client-format';

type Fetch<Env> = (request: Request, env: Env, context: ExecutionContext) => Response | Promise<Response>;

/** The status that an error is given which comes in the middle of a stream, after its 200. */
const BROKEN_STATUS = 502;

export function strictly<Env>(serve: Fetch<Env>): Fetch<Env> {
  return (request, env, context) => {
    const served = serve(request, env, context);
    if (!isOpenrouters(request.headers)) return served;
    const isChat = new URL(request.url).pathname.endsWith('/chat/completions');
    return Promise.resolve(served).then((response) => asDocumented(response, isChat));
  };
}

async function asDocumented(response: Response, isChat: boolean): Promise<Response> {
  if (response.status >= 400) return withNumber(response);
  if (!isChat || !response.body) return response;
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  const id = response.headers.get('x-request-id') ?? undefined;
  return new Response(response.body.pipeThrough(isStream ? chunksAsDocumented(id) : wholeAsDocumented(id)), response);
}

async function withNumber(response: Response): Promise<Response> {
  const text = await response.text();
  const json = parseJson(text);
  const isError = isRecord(json) && isRecord(json.error);
  return new Response(isError ? JSON.stringify({ ...json, error: numbered(json.error as Fields, response.status) }) : text, response);
}

/** White space that keeps the connection alive is passed on as it comes; the document behind it is rewritten at the end. */
function wholeAsDocumented(id: string | undefined): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let text = '';
  return new TransformStream({
    transform(bytes, controller) {
      const more = decoder.decode(bytes, { stream: true });
      if (text === '' && more.trim() === '') controller.enqueue(bytes);
      else text += more;
    },
    flush(controller) {
      const json = parseJson(text);
      controller.enqueue(
        new TextEncoder().encode(isRecord(json) ? JSON.stringify({ system_fingerprint: null, ...documented(json, id) }) : text),
      );
    },
  });
}

/** Adds the document's names: `reasoning` for thoughts, `cost` in USD, and the id that `/generation` is asked with. */
function documented({ usage, choices, ...answer }: Fields, id: string | undefined): Fields {
  const priced = isRecord(usage) && typeof usage.creditsUsed === 'number' ? { ...usage, cost: creditsAsUsd(usage.creditsUsed) } : usage;
  return {
    ...answer,
    ...(id !== undefined && { id }),
    ...(Array.isArray(choices) && { choices: (choices as unknown[]).map(named) }),
    ...(isRecord(priced) && { usage: priced }),
  };
}

function named(choice: unknown): unknown {
  if (!isRecord(choice)) return choice;
  const said = (['message', 'delta'] as const).flatMap((part) => {
    const { [part]: piece } = choice;
    return isRecord(piece) && typeof piece.reasoning_content === 'string' ? [[part, { reasoning: piece.reasoning_content, ...piece }]] : [];
  });
  return { ...choice, ...Object.fromEntries(said) };
}

function numbered(error: Fields, status: number): Fields {
  const { code, ...rest } = error;
  return { ...rest, code: status, metadata: { error_code: code ?? null, error_type: error.type ?? null } };
}

function chunksAsDocumented(id: string | undefined): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const cutter = new EventCutter();
  let last: Fields = {};
  const passed = (event: string): string => {
    const json = parseJson(eventData(event) ?? '');
    if (!isRecord(json)) return event;
    if (json.object === 'chat.completion.chunk') {
      last = json;
      return chunkEvent(json, id);
    }
    return isRecord(json.error) && json.type === undefined ? chunkEvent(errorChunk(json.error, last), id) : event;
  };
  return new TransformStream({
    transform(bytes, controller) {
      const events = splitEvents(cutter.push(decoder.decode(bytes, { stream: true })));
      // Comments keep the connection alive, so they do not wait for the next event.
      const out = events.map(passed).join('') + cutter.takeComments();
      if (out !== '') controller.enqueue(encoder.encode(out));
    },
    flush(controller) {
      if (cutter.rest !== '') controller.enqueue(encoder.encode(passed(cutter.rest)));
    },
  });
}

/** The document leaves out on chunks what OpenAI has as null. */
function chunkEvent({ system_fingerprint, ...chunk }: Fields, id: string | undefined): string {
  const given = { ...documented(chunk, id), ...(typeof system_fingerprint === 'string' && { system_fingerprint }) };
  return `data: ${JSON.stringify(given)}\n\n`;
}

/** The document has no error event: an error is a last chunk. */
function errorChunk(error: Fields, { id = 'chatcmpl-gateway', created = 0, model = '' }: Fields): Fields {
  const choices = [{ index: 0, delta: { content: '' }, finish_reason: 'error' }];
  return { id, object: 'chat.completion.chunk', created, model, choices, error: numbered(error, BROKEN_STATUS) };
}
