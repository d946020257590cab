import type { Frame, Framing } from './frames';
import { MAX_WAIT_MS, type Magic } from './magic';
import type { Step } from './steps';

/** One chunk of an answer, written as events when its turn comes. */
type Chunk = () => Iterable<Frame>;

/** An answer as a format streams it. */
export interface StreamWriter {
  framing: Framing;
  open(): Iterable<Frame>;
  /** The chunks of each choice; they are sent in turn. */
  lanes: readonly (readonly Chunk[])[];
  close(): Iterable<Frame>;
  /** An error as the last thing that the stream says; nothing else may have been said yet. */
  fail(): Iterable<Frame>;
}

/** Chunks are counted from the first that carries a part of the answer: what opens the stream is chunk 0. */
export function* streamSteps(writer: StreamWriter, magic: Magic): Generator<Step> {
  const { framing } = writer;
  function* send(frames: Iterable<Frame>): Generator<Step> {
    for (const frame of frames) yield { send: framing.write(frame) };
  }
  if (magic.bom) yield { send: '\uFEFF' };
  if (magic.error === 'first') yield* send(writer.fail());
  else {
    yield* send(writer.open());
    const end = yield* chunkSteps(writer, magic, send);
    if (end === 'cut') return;
    yield* send(end === 'failed' ? writer.fail() : writer.close());
  }
  if (framing.end !== '') yield { send: framing.end };
}

/** The chunks with content, and what was asked to happen between them. */
function* chunkSteps(
  writer: StreamWriter,
  magic: Magic,
  send: (frames: Iterable<Frame>) => Generator<Step>,
): Generator<Step, 'whole' | 'failed' | 'cut'> {
  const total = writer.lanes.reduce((sum, lane) => sum + lane.length, 0);
  const at = (chunks: number | undefined): number => (chunks === undefined ? -1 : Math.min(chunks, total));
  const positions = {
    error: at(typeof magic.error === 'number' ? magic.error : undefined),
    cut: at(magic.cutAfterChunks),
    pause: at(magic.pause?.afterChunks),
  };
  const chunks = interleave(writer.lanes);
  let waitedMs = 0;
  for (let sent = 0; ; sent += 1) {
    if (sent === positions.pause && magic.pause) yield { waitMs: magic.pause.ms };
    if (sent === positions.error) return 'failed';
    if (sent === positions.cut) {
      yield { fail: 'The sandbox broke the connection (sandbox:cut).' };
      return 'cut';
    }
    const next = chunks.next();
    if (next.done) return 'whole';
    if (sent > 0 && magic.delayMs && waitedMs + magic.delayMs <= MAX_WAIT_MS) {
      waitedMs += magic.delayMs;
      yield { waitMs: magic.delayMs };
    }
    yield* send(next.value());
  }
}

/** The chunks of all choices in turn: the first of each, the second of each. */
function* interleave(lanes: readonly (readonly Chunk[])[]): Generator<Chunk> {
  const longest = lanes.reduce((most, lane) => Math.max(most, lane.length), 0);
  for (let position = 0; position < longest; position += 1) {
    for (const lane of lanes) {
      const chunk = lane[position];
      if (chunk) yield chunk;
    }
  }
}
