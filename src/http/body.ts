import { abridge } from '../core/abridged';
import { fail, type GatewayError, ok, type Result } from '../core/errors';
import { exactText } from '../core/exact-text';
import { hasTooManyValues } from '../core/json-size';
import { type FormPart, readMultipart } from '../core/multipart';
import { PooledBytes } from '../core/pooled-bytes';
import { readBounded } from '../core/read-bounded';

const tooLarge = (limitBytes: number) =>
  fail('body_too_large', `The request body is larger than ${Math.floor(limitBytes / 1_048_576)} MB.`);
const unreadable = () => fail('invalid_request', 'The request body could not be read to its end.');
export const NOT_JSON = 'The request body is not valid JSON.';

/** A body larger than this is worth a round trip to ask first whether its sender may call at all. */
const LARGE_BYTES = 1_048_576;

/**
 * When a body is refused half read, its rest is read and thrown away after the refusal was sent (linger.ts), so it must
 * not be canceled.
 */
const LEFT_OPEN = { preventCancel: true };

/** Asked before a large body is read: why its sender is refused; undefined when nothing speaks against them. */
export type AskFirst = () => Promise<GatewayError | undefined>;

/** The request, refused when its body is larger than the limit. A body without content-length is read here to find out. */
export async function boundedRequest(request: Request, limitBytes: number): Promise<Result<Request>> {
  const { url, method, headers, signal } = request;
  const declared = headers.get('content-length');
  if (declared !== null && Number(declared) > limitBytes) return tooLarge(limitBytes);
  if (declared !== null || !request.body) return ok(request);
  try {
    const body = await readBounded(request.body, limitBytes, LEFT_OPEN);
    return body ? ok(new Request(url, { method, headers, signal, body })) : tooLarge(limitBytes);
  } catch {
    return unreadable();
  }
}

/** The parts of a form, refused as soon as it proves too large. A form that is streamed comes without content-length. */
export async function readForm(request: Request, limitBytes: number, askFirst?: AskFirst): Promise<Result<FormPart[]>> {
  const refused = () => fail('body_too_large', `A form may have ${Math.floor(limitBytes / 1_048_576)} MB at most.`, { param: 'file' });
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > limitBytes) return refused();
  const error = declared === null || Number(declared) > LARGE_BYTES ? await askFirst?.() : undefined;
  if (error) return { ok: false, error };
  try {
    const bytes = declared === null ? await readBounded(request.body, limitBytes, LEFT_OPEN) : new Uint8Array(await request.arrayBuffer());
    if (!bytes) return refused();
    const parts = readMultipart(bytes, request.headers.get('content-type') ?? '');
    return parts ? ok(parts) : fail('invalid_request', 'The request body is not a valid form.');
  } catch {
    return unreadable();
  }
}

/**
 * A JSON body as text. It is refused as soon as it proves too large, and before parsing when it has too many values for
 * the isolate's memory.
 */
export async function readBody(request: Request, limitBytes: number, askFirst?: AskFirst): Promise<Result<string>> {
  const read = await readWith(request, limitBytes, askFirst, async () => ({ body: await request.text() }));
  return read.ok ? ok(read.value.body) : read;
}

export interface CallBody {
  body: string;
  /** The text as it was sent, where that is worth keeping. */
  bytes?: PooledBytes;
  /** `body` is abridged; the whole is in `bytes`. */
  isAbridged?: boolean;
}

/** The same for a call to a model, whose body is sent on. `mayAbridge`: its caller can do with an abridged one. */
export const readCallBody = (request: Request, limitBytes: number, askFirst: AskFirst, mayAbridge: boolean): Promise<Result<CallBody>> =>
  readWith(request, limitBytes, askFirst, async (lengthBytes) =>
    PooledBytes.isWorthwhile(lengthBytes) ? readPooled(request.body!, lengthBytes, mayAbridge) : { body: await request.text() },
  );

async function readPooled(body: ReadableStream<Uint8Array>, lengthBytes: number, mayAbridge: boolean): Promise<CallBody> {
  const pooled = await PooledBytes.read(body, lengthBytes);
  if (!pooled) throw new Error('the body broke off');
  const abridged = mayAbridge ? abridge(pooled.bytes) : undefined;
  if (abridged !== undefined) return { body: abridged, bytes: pooled, isAbridged: true };
  const text = exactText(pooled.bytes);
  if (text !== undefined) return { body: text, bytes: pooled };
  const lossy = pooled.text;
  pooled.free();
  return { body: lossy };
}

async function readWith(
  request: Request,
  limitBytes: number,
  askFirst: AskFirst | undefined,
  readAnnounced: (lengthBytes: number) => Promise<CallBody>,
): Promise<Result<CallBody>> {
  const encoding = request.headers.get('content-encoding');
  if (encoding !== null && encoding !== 'identity') return fail('unsupported_encoding', 'Send the request body without content-encoding.');
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > limitBytes) return tooLarge(limitBytes);
  const error = declared !== null && Number(declared) > LARGE_BYTES ? await askFirst?.() : undefined;
  if (error) return { ok: false, error };
  try {
    const read = declared !== null ? ok(await readAnnounced(Number(declared))) : await readUnannounced(request.body, limitBytes, askFirst);
    if (!read.ok || !hasTooManyValues(read.value.body)) return read;
    return fail('invalid_request', 'The request body has too many values.', { code: 'body_too_complex' });
  } catch {
    return unreadable();
  }
}

async function readUnannounced(
  body: ReadableStream<Uint8Array> | null,
  limitBytes: number,
  askFirst?: AskFirst,
): Promise<Result<CallBody>> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  let asked = false;
  for await (const chunk of body?.values(LEFT_OPEN) ?? []) {
    size += chunk.byteLength;
    if (size > limitBytes) return tooLarge(limitBytes);
    if (size > LARGE_BYTES && !asked) {
      asked = true;
      const error = await askFirst?.();
      if (error) return { ok: false, error };
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return ok({ body: text + decoder.decode() });
}
