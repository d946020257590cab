import type { UpstreamRequest } from '../types';
import { type ChatRequest, parseChatRequest } from './chat-request';
import { type Completion, complete, completionBody } from './completion';
import { badRequest, statusError, streamError } from './errors';
import { jsonResponse } from './json-response';
import { MAX_WAIT_MS, type Magic, readMagic } from './magic';
import { playSteps, type Step, sleep } from './steps';
import { streamSteps } from './stream';

const EVENT_STREAM = 'text/event-stream; charset=utf-8';
const JSON_TYPE = 'application/json';
const HTML = '<!doctype html>\n<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1><hr>sandbox</body></html>\n';

/** Chat Completions, as a provider would answer them; the last user message may hold magic words. */
export async function serveChat(request: UpstreamRequest): Promise<Response> {
  const { signal } = request;
  const hash = await hashHex(request.body);
  const parsed = parseChatRequest(request.body);
  if ('problem' in parsed) return jsonResponse(400, badRequest(parsed.problem));
  const chat = parsed.request;
  const magic = readMagic(chat.userText);
  if (magic.silent) {
    await sleep(MAX_WAIT_MS, signal);
    throw new TypeError('The sandbox never answered (sandbox:silent).');
  }
  if (magic.firstByteMs) await sleep(magic.firstByteMs, signal);
  signal.throwIfAborted();
  const headers = { 'x-request-id': `req_sandbox${hash.slice(0, 24)}`, ...retryAfter(magic) };
  const fault = faultResponse(chat, magic, signal, headers);
  if (fault) return fault;
  const completion = complete(chat, magic, hash, Math.floor(Date.now() / 1000));
  if (chat.stream)
    return play(streamSteps(completion, magic, chat.includeUsage), signal, 200, { ...headers, 'content-type': EVENT_STREAM });
  return play(jsonSteps(completion, magic), signal, 200, { ...headers, 'content-type': JSON_TYPE });
}

/** Answers that hold no completion. */
function faultResponse(chat: ChatRequest, magic: Magic, signal: AbortSignal, headers: Record<string, string>): Response | undefined {
  const status = magic.status ?? 200;
  const type = chat.stream && status === 200 ? EVENT_STREAM : JSON_TYPE;
  if (magic.hang) {
    const steps: Step[] = [{ waitMs: MAX_WAIT_MS }, { fail: 'The sandbox sent nothing (sandbox:hang).' }];
    return play(steps, signal, status, { ...headers, 'content-type': type });
  }
  if (magic.empty) return new Response('', { status, headers: { ...headers, 'content-type': type } });
  if (magic.html) return new Response(HTML, { status, headers: { ...headers, 'content-type': 'text/html; charset=utf-8' } });
  return magic.status ? jsonResponse(magic.status, statusError(magic.status), headers) : undefined;
}

function* jsonSteps(completion: Completion, magic: Magic): Generator<Step> {
  const mark = magic.bom ? '\uFEFF' : '';
  if (magic.error !== undefined) {
    yield { send: mark + JSON.stringify(streamError()) };
    return;
  }
  const text = completionBody(completion);
  if (magic.cutAfterChunks === undefined) {
    yield { send: mark + text };
    return;
  }
  yield { send: mark + text.slice(0, Math.floor(text.length / 2)) };
  yield { fail: 'The sandbox broke the connection (sandbox:cut).' };
}

const play = (steps: Iterable<Step>, signal: AbortSignal, status: number, headers: Record<string, string>): Response =>
  new Response(playSteps(steps, signal), { status, headers });

const retryAfter = (magic: Magic): Record<string, string> =>
  magic.status === undefined || magic.retryAfterSeconds === undefined ? {} : { 'retry-after': String(magic.retryAfterSeconds) };

async function hashHex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
