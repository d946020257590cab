/**
 * Streams bodies into R2. An isolate's 128 MB are shared by everything that it does at once, so a body occupies memory
 * only for what has arrived of it, and only a few bodies that must be gathered first are gathered at a time.
 */
export const PART_BYTES = 5 * 1_048_576;

/** How long a body may be silent; while we wait it holds a connection open. */
const SILENCE_MS = 60_000;
/** A smaller body is gathered without waiting for a turn. */
const SMALL_BYTES = 262_144;
/** Each takes a part and its copy on the way to R2. */
const MOST_GATHERED = 6;
const LOOK_FOR_ROOM_MS = 250;
/** Longer than a body may be silent, or a part takes to be sent. */
const GONE_AFTER_MS = 180_000;

export class NoRoom extends Error {
  constructor() {
    super('too many files are on their way');
  }
}

/** The chunks as they come. A body that is silent for too long ends with an error. */
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
    // The reader stopped early and wants no more of it.
    await reader.cancel().catch(() => undefined);
  }
}

/** The chunks, the first of which has at least this many bytes, as far as there are so many. */
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

/** A body in pieces of equal size, except the last. */
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

/** Gatherings under way in this isolate. One whose request died cannot say so; it stops counting when it has been silent for too long. */
const gatherings = new Set<Gathering>();

/** Polls for a turn: one request must not wait on a promise of another. */
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

/** A buffer of at least this size with the old content. The size doubles, so that little is copied. */
const grown = (buffer: ArrayBuffer, neededBytes: number): ArrayBuffer =>
  neededBytes <= buffer.byteLength ? buffer : buffer.transfer(Math.min(PART_BYTES, Math.max(2 * buffer.byteLength, neededBytes)));

/** Cuts a body into parts of equal size, except the last; a part's buffer grows as its bytes come. */
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
