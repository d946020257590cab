/**
 * Thoughts that came before a tool call, as the cipher that the upstream wants back with the call's result. Chat has no
 * place for them, so the gateway keeps them; the ids that it gives the calls lead to them.
 */
import { ok } from '../../../core/errors';
import { isRecord } from '../../../core/record';
import { itemId, requestOfItem, responseId } from '../../openai-responses/ids';
import type { Call } from '../../types';

type Fields = Record<string, unknown>;

/** By the id of the call that they led to. */
export type ThoughtsByCall = ReadonlyMap<string, readonly Fields[]>;

export const NO_THOUGHTS: ThoughtsByCall = new Map();

/** More than a long thread comes to. */
const MAX_KEPT_CHARS = 4_194_304;

const CALL_ID = /"(call_[0-9A-Za-z]+(?:-[0-9a-z]+){4})"/g;

/** The newest request of which a body brings a call back that has thoughts: what it left tells of all that came before it. */
function requestWithThoughts(body: string): string | undefined {
  // The engine's own search costs next to nothing; the pattern took 60 µs of a call with 200 kB.
  if (!body.includes('"call_')) return undefined;
  const found = [...body.matchAll(CALL_ID)].findLast(([, id]) => requestOfItem(id!) !== undefined);
  return found && requestOfItem(found[1]!);
}

/** What of the kept is of use to a body: calls that its client has dropped are not come back to. */
function thoughtsFor(body: string, kept: readonly unknown[]): ThoughtsByCall {
  return new Map(
    kept.flatMap((entry): [string, Fields[]][] =>
      isRecord(entry) && typeof entry.id === 'string' && Array.isArray(entry.thoughts) && body.includes(`"${entry.id}"`)
        ? [[entry.id, (entry.thoughts as unknown[]).filter(isRecord)]]
        : [],
    ),
  );
}

/** What a body names of the kept: its call with the thoughts that led to the calls in it. */
export function namedThoughts(body: string, known: ThoughtsByCall, callWith: (thoughts: ThoughtsByCall) => Call): Pick<Call, 'names'> {
  const requestId = known.size === 0 ? requestWithThoughts(body) : undefined;
  if (requestId === undefined) return {};
  return { names: { requestIds: [requestId], isOptional: true, brought: (items) => ok(callWith(thoughtsFor(body, items))) } };
}

/** Takes note of the thoughts in an answer, and gives the calls that they led to their ids. */
export class ThoughtKeeper {
  private pending: Fields[] = [];
  private readonly found = new Map<string, readonly Fields[]>();

  constructor(
    private readonly requestId: string,
    private readonly before: ThoughtsByCall,
  ) {}

  /** Only with its cipher is a thought of any use: nobody keeps it upstream. */
  think({ id, summary, encrypted_content }: Fields): void {
    if (typeof encrypted_content !== 'string' || encrypted_content === '') return;
    this.pending.push({ type: 'reasoning', id, summary: Array.isArray(summary) ? summary : [], encrypted_content });
  }

  /** What the client is to know a call by. */
  nameCall(upstreamId: string): string {
    if (this.pending.length === 0) return upstreamId;
    const id = itemId('call', responseId(this.requestId), this.found.size);
    this.found.set(id, this.pending);
    this.pending = [];
    return id;
  }

  /** All that the next turn may need; undefined where this one has added nothing. */
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
