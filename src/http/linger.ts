import { within } from '../core/within';

type Fetch<Env> = (request: Request, env: Env, context: ExecutionContext) => Response | Promise<Response>;

/** A client that still sends after these is disconnected. */
const LINGER_BYTES = 134_217_728;
const LINGER_MS = 10_000;

/**
 * Answers a refusal whose request was not read to its end: the whole answer goes out at once, and the rest of the
 * request is read and thrown away behind it. Otherwise the connection closes while the client is still sending, and
 * most clients then report a broken pipe instead of the refusal.
 */
export function lingering<Env>(serve: Fetch<Env>): Fetch<Env> {
  return async (request, env, context) => {
    const response = await serve(request, env, context);
    return response.status >= 400 && mayBeUnread(request) ? answerThenDiscard(response, request.body!) : response;
  };
}

/** workerd reads on by itself, but too briefly for a form that is written piece by piece (kj's `canceledUploadGracePeriod`). */
const mayBeUnread = ({ body }: Request): boolean => body !== null && !body.locked;

async function answerThenDiscard(response: Response, unread: ReadableStream<Uint8Array>): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { readable, writable } = new FixedLengthStream(bytes.byteLength);
  void writeThenDiscard(writable.getWriter(), bytes, unread);
  return new Response(readable, response);
}

/** Failures are ignored: the client has its answer, or is gone. */
async function writeThenDiscard(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  bytes: Uint8Array,
  unread: ReadableStream<Uint8Array>,
): Promise<void> {
  await writer.write(bytes).catch(() => {});
  await discard(unread).catch(() => {});
  await writer.close().catch(() => {});
}

async function discard(unread: ReadableStream<Uint8Array>): Promise<void> {
  const reader = unread.getReader();
  await within(readOn(reader), LINGER_MS);
  await reader.cancel();
}

async function readOn(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  for (let leftBytes = LINGER_BYTES; leftBytes > 0; ) {
    const { value, done } = await reader.read();
    if (done) return;
    leftBytes -= value.byteLength;
  }
}
