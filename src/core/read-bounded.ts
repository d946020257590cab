/**
 * A body in one piece; undefined, and read no further, as soon as it proves larger. Then it is cancelled, unless what is
 * left of it is still to be read by somebody else.
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

/** An answer of one piece: more than any has, and about what an isolate has room for beside its other work. */
export const MOST_ANSWER_BYTES = 48 * 1_048_576;

/** An answer's text; undefined, and the rest given up, where there is too much of it. */
export async function readText(response: Response, maxBytes = MOST_ANSWER_BYTES): Promise<string | undefined> {
  if (Number(response.headers.get('content-length')) > maxBytes) {
    await response.body?.cancel();
    return undefined;
  }
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  // Whatever it announces: what is unpacked on the way here is as long as it likes.
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > maxBytes) return undefined;
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}
