import { sha256Hex } from '../../core/hex';
import type { UpstreamRequest } from '../types';
import { EVENT_STREAM } from './frames';
import { jsonResponse } from './json-response';
import { MAX_WAIT_MS, type Magic, readMagic } from './magic';
import type { Asked, BadRequest, Parsed } from './request';
import { playSteps, type Step, sleep } from './steps';
import { type StreamWriter, streamSteps } from './stream';

const JSON_TYPE = 'application/json';
const HTML = '<!doctype html>\n<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1><hr>sandbox</body></html>\n';

/** What an answer is made of beside its request. */
export interface Setting {
  magic: Magic;
  /** Of the request's body: the same body gets the same ids. */
  hash: string;
  requestId: string;
  createdSeconds: number;
}

/** An answer in the words of its format. */
interface Reply {
  /** The body of an answer that is not streamed, in pieces. */
  body(): Iterable<string>;
  /** The error that comes in place of that body, with status 200. */
  failedBody(): string;
  /** Undefined where the format knows no streams. */
  stream: StreamWriter | undefined;
}

/** How a format words its errors. */
export interface ErrorStyle {
  requestIdHeader?: string;
  badRequest(problem: BadRequest, requestId: string): unknown;
  status(status: number, requestId: string): unknown;
}

/** A wire format: how it is read and how it answers. */
export interface Format<R extends Asked> {
  errors: ErrorStyle;
  parse(body: string): Parsed<R> | Promise<Parsed<R>>;
  reply(request: R, setting: Setting): Reply | Promise<Reply>;
}

/** One request, answered as a provider of that format would; what the user said last may hold magic words. */
export async function exchange<R extends Asked>(request: UpstreamRequest, format: Format<R>): Promise<Response> {
  const { signal } = request;
  const { errors } = format;
  const hash = await sha256Hex(request.body);
  const requestId = `req_sandbox${hash.slice(0, 24)}`;
  const named: Record<string, string> = errors.requestIdHeader ? { [errors.requestIdHeader]: requestId } : {};
  const parsed = await format.parse(request.body);
  if ('problem' in parsed) return jsonResponse(400, errors.badRequest(parsed.problem, requestId), named);
  const asked = parsed.request;
  const magic = readMagic(asked.userText);
  if (magic.silent) {
    await sleep(MAX_WAIT_MS, signal);
    throw new TypeError('The sandbox never answered (sandbox:silent).');
  }
  if (magic.firstByteMs) await sleep(magic.firstByteMs, signal);
  signal.throwIfAborted();
  const headers = { ...named, ...retryAfter(magic) };
  const fault = faultResponse(asked, magic, signal, headers);
  if (fault) return fault;
  if (magic.status) return jsonResponse(magic.status, errors.status(magic.status, requestId), headers);
  const reply = await format.reply(asked, { magic, hash, requestId, createdSeconds: Math.floor(Date.now() / 1000) });
  const { stream } = reply;
  if (stream && (asked.stream || magic.stream))
    return play(streamSteps(stream, magic), signal, 200, { ...headers, 'content-type': stream.framing.contentType });
  return play(jsonSteps(reply, magic), signal, 200, { ...headers, 'content-type': JSON_TYPE });
}

/** Answers that no format has words for. */
function faultResponse(asked: Asked, magic: Magic, signal: AbortSignal, headers: Record<string, string>): Response | undefined {
  const status = magic.status ?? 200;
  const streams = (asked.stream || magic.stream) && status === 200;
  const type = streams ? (asked.streamType ?? EVENT_STREAM) : JSON_TYPE;
  if (magic.hang) {
    const steps: Step[] = [{ waitMs: MAX_WAIT_MS }, { fail: 'The sandbox sent nothing (sandbox:hang).' }];
    return play(steps, signal, status, { ...headers, 'content-type': type });
  }
  if (magic.empty) return new Response('', { status, headers: { ...headers, 'content-type': type } });
  if (magic.html) return new Response(HTML, { status, headers: { ...headers, 'content-type': 'text/html; charset=utf-8' } });
  return undefined;
}

function* jsonSteps(reply: Reply, magic: Magic): Generator<Step> {
  if (magic.bom) yield { send: '\uFEFF' };
  if (magic.error !== undefined) {
    yield { send: reply.failedBody() };
    return;
  }
  for (const text of reply.body()) {
    if (magic.cutAfterChunks === undefined) yield { send: text };
    else {
      yield { send: text.slice(0, Math.floor(text.length / 2)) };
      yield { fail: 'The sandbox broke the connection (sandbox:cut).' };
    }
  }
}

const play = (steps: Iterable<Step>, signal: AbortSignal, status: number, headers: Record<string, string>): Response =>
  new Response(playSteps(steps, signal), { status, headers });

const retryAfter = (magic: Magic): Record<string, string> =>
  magic.status === undefined || magic.retryAfterSeconds === undefined ? {} : { 'retry-after': String(magic.retryAfterSeconds) };
