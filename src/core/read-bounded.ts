/**
 * A body in one piece; undefined as soon as it proves larger than allowed. The rest is then canceled, unless somebody
 * else still has to read it.
 */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  options: { preventCancel?: boolean } = {},
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body?.values(options) ?? []) {
    size += part.byteLength;
    if (size > maxBytes) return undefined;
    parts.push(part);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** More than any answer has, and about as much as an isolate has room for beside its other work. */
const MOST_ANSWER_BYTES = 48 * 1_048_576;

/** An answer's text; undefined, with the rest canceled, where it is too long. */
export async function readText(response: Response, maxBytes = MOST_ANSWER_BYTES): Promise<string | undefined> {
  const announced = response.headers.get('content-length');
  if (Number(announced) > maxBytes) {
    await response.body?.cancel();
    return undefined;
  }
  // The fast path of most answers. Only a body that is not compressed is as long as content-length says.
  if (announced !== null && response.headers.get('content-encoding') === null) return response.text();
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > maxBytes) return undefined;
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}
