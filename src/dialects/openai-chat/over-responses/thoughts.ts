/**
 * Keeps encrypted thoughts that precede a tool call, which the upstream wants back with the call's result. Chat has no
 * field for them, so the gateway stores them and finds them by the ids that it gives to the calls.
 */
import { ok } from '../../../core/errors';
import { type Fields, isRecord, listOf } from '../../../core/record';
import { itemId, requestOfItem, responseId } from '../../openai-responses/ids';
import type { Call } from '../../types';

/** Thoughts by the id of the call that they led to. */
export type ThoughtsByCall = ReadonlyMap<string, readonly Fields[]>;

export const NO_THOUGHTS: ThoughtsByCall = new Map();

/** More than a long thread needs. */
const MAX_KEPT_CHARS = 4_194_304;

const CALL_ID = /"(call_[0-9A-Za-z]+(?:-[0-9a-z]+){4})"/g;

/** The newest request in a body that left thoughts; what it left includes all that came before. */
function requestWithThoughts(body: string): string | undefined {
  // The native search costs next to nothing, while the pattern took 60 µs on a body of 200 kB.
  if (!body.includes('"call_')) return undefined;
  const found = [...body.matchAll(CALL_ID)].findLast(([, id]) => requestOfItem(id!) !== undefined);
  return found && requestOfItem(found[1]!);
}

/** The kept thoughts that a body still needs; calls that its client has dropped will not come back. */
function thoughtsFor(body: string, kept: readonly unknown[]): ThoughtsByCall {
  return new Map(
    kept.flatMap((entry): [string, Fields[]][] =>
      isRecord(entry) && typeof entry.id === 'string' && Array.isArray(entry.thoughts) && body.includes(`"${entry.id}"`)
        ? [[entry.id, (entry.thoughts as unknown[]).filter(isRecord)]]
        : [],
    ),
  );
}

/** The kept thoughts that a body refers to, and its call with them. */
export function namedThoughts(body: string, known: ThoughtsByCall, callWith: (thoughts: ThoughtsByCall) => Call): Pick<Call, 'names'> {
  const requestId = known.size === 0 ? requestWithThoughts(body) : undefined;
  if (requestId === undefined) return {};
  return { names: { requestIds: [requestId], isOptional: true, brought: (items) => ok(callWith(thoughtsFor(body, items))) } };
}

/** Collects an answer's thoughts, and gives ids to the calls that they led to. */
export class ThoughtKeeper {
  private pending: Fields[] = [];
  private readonly found = new Map<string, readonly Fields[]>();

  constructor(
    private readonly requestId: string,
    private readonly before: ThoughtsByCall,
  ) {}

  /** Only an encrypted thought is of use later, as the upstream stores none. */
  think({ id, summary, encrypted_content }: Fields): void {
    if (typeof encrypted_content !== 'string' || encrypted_content === '') return;
    this.pending.push({ type: 'reasoning', id, summary: listOf(summary), encrypted_content });
  }

  /** The client's id for a call. */
  nameCall(upstreamId: string): string {
    if (this.pending.length === 0) return upstreamId;
    const id = itemId('call', responseId(this.requestId), this.found.size);
    this.found.set(id, this.pending);
    this.pending = [];
    return id;
  }

  /** Everything that later turns may need; undefined where this answer adds nothing. */
  get kept(): readonly unknown[] | undefined {
    if (this.found.size === 0) return undefined;
    const newestFirst = [...this.before, ...this.found].reverse();
    let chars = 0;
    const fitting = newestFirst.filter(([, thoughts]) => {
      chars += JSON.stringify(thoughts).length;
      return chars <= MAX_KEPT_CHARS;
    });
    return fitting.reverse().map(([id, thoughts]) => ({ id, thoughts }));
  }
}
