/**
 * A large JSON text without most of what is in its long strings. What a call is planned and priced by are its fields and
 * the lengths of its strings, so this is as good as the whole for that, and a hundredth of it to decode, to parse and to
 * collect (docs/decisions/0020-abridged-bodies.md).
 */
import kernel from './abridge.wasm';
import { exactText } from './exact-text';
import { beginningOfMarks, mayHaveGaps, piecesOf } from './gaps';
import { PooledBytes } from './pooled-bytes';

/** As in abridge.wat. */
const TEXT_AT = 64;
const COPY_AT = 1_114_112;
/** The largest text that there is room for. */
const MOST_BYTES = 1_048_576;

interface Kernel {
  memory: Uint8Array;
  abridge(lengthBytes: number): number;
}

let opened: Kernel | undefined;

/** Not before it is needed, since it has two megabytes of memory. */
function open(): Kernel {
  const { memory, abridge } = new WebAssembly.Instance(kernel).exports as { memory: WebAssembly.Memory; abridge: Kernel['abridge'] };
  const bytes = new Uint8Array(memory.buffer);
  new TextEncoder().encodeInto(beginningOfMarks(), bytes);
  return { memory: bytes, abridge };
}

/** Undefined where less than half could be left out, and where the bytes are no UTF-8. The text is JSON if they are. */
export function abridge(bytes: Uint8Array): string | undefined {
  if (bytes.byteLength > MOST_BYTES) return undefined;
  opened ??= open();
  opened.memory.set(bytes, TEXT_AT);
  const length = opened.abridge(bytes.byteLength);
  return length === 0 ? undefined : exactText(opened.memory.subarray(COPY_AT, COPY_AT + length));
}

/** Where its gaps were; undefined where one is not in its JSON any more, but in a text of which JSON was made once more. */
function placesOf(pieces: ReturnType<typeof piecesOf>): string | undefined {
  const gaps = pieces.flatMap(({ gap }) => gap ?? []);
  return gaps.every(({ isInJson }) => isInJson) ? gaps.map(({ start }) => start).join() : undefined;
}

/**
 * An edited text with everything in its place again.
 *
 * @param of The text before the edit, and the bytes that it was made of.
 * @param mostBytes What it may come to; undefined where it comes to more, or where gaps were dropped, moved or doubled, or
 * are in JSON within JSON, where what they lack would be written differently.
 */
export function completed(edited: string, of: { text: string; bytes: Uint8Array }, mostBytes: number): PooledBytes | undefined {
  const pieces = piecesOf(edited);
  if (placesOf(pieces) !== placesOf(piecesOf(of.text))) return undefined;
  const encoder = new TextEncoder();
  return PooledBytes.filled(mostBytes, (room) => {
    let at = 0;
    for (const { gap, text } of pieces) {
      if (gap && at + gap.length > room.byteLength) return undefined;
      if (gap) room.set(of.bytes.subarray(gap.start, gap.start + gap.length), at);
      at += gap?.length ?? 0;
      const { read, written } = encoder.encodeInto(text, room.subarray(at));
      if (read !== text.length) return undefined;
      at += written;
    }
    return at;
  });
}

/** What was parsed of an abridged text, with everything in its place again; for small parts of it. */
export function whole<T>(value: T, bytes: Uint8Array): T {
  if (!mayHaveGaps(value)) return value;
  const pieces = piecesOf(JSON.stringify(value));
  const decoder = new TextDecoder();
  const texts = pieces.map(({ gap, text }) => (gap ? decoder.decode(bytes.subarray(gap.start, gap.start + gap.length)) : '') + text);
  return JSON.parse(texts.join('')) as T;
}
