import { within } from '../core/within';

type Fetch<Env> = (request: Request, env: Env, context: ExecutionContext) => Response | Promise<Response>;

/** Beyond these a client that goes on sending is hung up on. */
const LINGER_BYTES = 134_217_728;
const LINGER_MS = 10_000;

/**
 * A refusal that is answered before its request was read to the end: the whole answer goes out at once, and the rest of
 * the request is read and thrown away behind it. Without that the connection closes under a client that is still
 * sending, and most of them report the broken pipe in place of the refusal.
 */
export function lingering<Env>(serve: Fetch<Env>): Fetch<Env> {
  return async (request, env, context) => {
    const response = await serve(request, env, context);
    return response.status >= 400 && mayBeUnread(request) ? answerThenDiscard(response, request.body!) : response;
  };
}

/** The runtime itself reads on, but for a moment only (kj, `canceledUploadGracePeriod`): a form that is written piece by piece takes longer. */
const mayBeUnread = ({ body }: Request): boolean => body !== null && !body.locked;

async function answerThenDiscard(response: Response, unread: ReadableStream<Uint8Array>): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { readable, writable } = new FixedLengthStream(bytes.byteLength);
  void writeThenDiscard(writable.getWriter(), bytes, unread);
  return new Response(readable, response);
}

/** Nobody is left to be told of a failure: the client has its answer, or is gone. */
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
