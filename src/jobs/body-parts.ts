/**
 * Bodies on their way into R2. An isolate's 128 MB are shared by all that it does at once, so a body takes memory for
 * what has come of it and no more, and only so many of those that have to be gathered are gathered at a time.
 */
export const PART_BYTES = 5 * 1_048_576;

/** The longest that a body may be silent; what waits for it holds a socket of somebody's. */
const SILENCE_MS = 60_000;
/** A body of fewer bytes is gathered without asking for room. */
const SMALL_BYTES = 262_144;
/** Each is a part and its copy on the way. */
const MOST_GATHERED = 6;
const LOOK_FOR_ROOM_MS = 250;
/** Longer than a body may be silent, or a part takes to be sent. */
const GONE_AFTER_MS = 180_000;

export class NoRoom extends Error {
  constructor() {
    super('too many files are on their way');
  }
}

/** The chunks as they come; a body that says nothing for too long ends with an error. */
export async function* chunksOf(body: ReadableStream<Uint8Array>, silenceMs = SILENCE_MS): AsyncGenerator<Uint8Array, void> {
  const reader = body.getReader();
  const silent = new Error(`nothing came for ${silenceMs / 1_000} seconds`);
  let waitsSinceMs: number | undefined;
  let ended: Error | undefined;
  const watch = setInterval(() => {
    if (waitsSinceMs === undefined || Date.now() - waitsSinceMs < silenceMs) return;
    ended = silent;
    reader.cancel(silent).catch(() => undefined);
  }, silenceMs / 4);
  try {
    for (;;) {
      waitsSinceMs = Date.now();
      const { done, value } = await reader.read();
      waitsSinceMs = undefined;
      if (ended) throw ended;
      if (done) return;
      yield value;
    }
  } finally {
    clearInterval(watch);
    // Who stops reading in the middle wants no more of it.
    await reader.cancel().catch(() => undefined);
  }
}

/** The chunks, the first of them with so many bytes at least, where there are so many. */
export async function* withHead(chunks: AsyncIterable<Uint8Array>, headBytes: number): AsyncGenerator<Uint8Array, void> {
  let head = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (head.byteLength >= headBytes) {
      yield chunk;
      continue;
    }
    const joined = new Uint8Array(head.byteLength + chunk.byteLength);
    joined.set(head);
    joined.set(chunk, head.byteLength);
    head = joined;
    if (head.byteLength >= headBytes) yield head;
  }
  if (head.byteLength > 0 && head.byteLength < headBytes) yield head;
}

/** All of a body in pieces of one size, but for the last. */
export async function* piecesOf(body: ReadableStream<Uint8Array>, pieceBytes: number): AsyncGenerator<Uint8Array, void> {
  const piece = new Uint8Array(pieceBytes);
  let filled = 0;
  for await (const chunk of chunksOf(body))
    for (let from = 0; from < chunk.byteLength; ) {
      const taken = chunk.subarray(from, from + pieceBytes - filled);
      piece.set(taken, filled);
      filled += taken.byteLength;
      from += taken.byteLength;
      if (filled < pieceBytes) continue;
      yield piece;
      filled = 0;
    }
  if (filled > 0) yield piece.subarray(0, filled);
}

interface Gathering {
  seenMs: number;
}

/** Those under way in this isolate. One whose request is gone ends without a word: it counts while it is heard of. */
const gatherings = new Set<Gathering>();

/** Looked for by time: nobody may wait for what another request does. */
async function takeRoom(waitMs: number): Promise<Gathering> {
  for (let waitedMs = 0; ; waitedMs += LOOK_FOR_ROOM_MS) {
    for (const gathering of gatherings) if (Date.now() - gathering.seenMs > GONE_AFTER_MS) gatherings.delete(gathering);
    if (gatherings.size < MOST_GATHERED) break;
    if (waitedMs >= waitMs) throw new NoRoom();
    await new Promise((done) => setTimeout(done, LOOK_FOR_ROOM_MS));
  }
  const mine = { seenMs: Date.now() };
  gatherings.add(mine);
  return mine;
}

/** A buffer of at least so many bytes, with what the old one had; it doubles, so that little is copied. */
const grown = (buffer: ArrayBuffer, neededBytes: number): ArrayBuffer =>
  neededBytes <= buffer.byteLength ? buffer : buffer.transfer(Math.min(PART_BYTES, Math.max(2 * buffer.byteLength, neededBytes)));

/** Cuts a body into parts of one size, but for the last; each grows as its bytes come. */
export async function* partsOf(chunks: AsyncIterable<Uint8Array>, waitMs: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let buffer = new ArrayBuffer(0);
  let filled = 0;
  let room: Gathering | undefined;
  try {
    for await (const chunk of chunks) {
      for (let from = 0; from < chunk.byteLength; ) {
        const take = Math.min(PART_BYTES - filled, chunk.byteLength - from);
        if (!room && filled + take > SMALL_BYTES) room = await takeRoom(waitMs);
        if (room) room.seenMs = Date.now();
        buffer = grown(buffer, filled + take);
        new Uint8Array(buffer).set(chunk.subarray(from, from + take), filled);
        filled += take;
        from += take;
        if (filled < PART_BYTES) continue;
        yield new Uint8Array(buffer);
        buffer = new ArrayBuffer(0);
        filled = 0;
      }
    }
    yield new Uint8Array(buffer, 0, filled);
  } finally {
    if (room) gatherings.delete(room);
  }
}
