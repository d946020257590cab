import { rewriteElements, rewriteMembers, setMembers } from '../../core/json';
import { isRecord } from '../../core/record';
import { type BegunCall, callPosition } from './tool-calls';

/** Escaped text within arguments cannot match. */
const CALLS = /"tool_calls"\s*:\s*\[\s*\{/;
const NAMED = /"name"\s*:\s*"[^"]/;

/** A choice's own number; a lone one may lack it. */
export const indexOf = (choice: unknown): unknown => (isRecord(choice) ? (choice.index ?? 0) : undefined);

/**
 * The `index` of a stream's tool calls. Clients put a call's deltas together by it, and some upstreams give all calls
 * the same one, or none: github.com/BerriAI/litellm/issues/11999
 */
export class CallNumbers {
  /** By the choice's index. */
  private readonly begun = new Map<unknown, BegunCall[]>();
  private isWrong = false;
  /** The pieces of a call bear its number, so that only the beginnings of others are still to be looked at. */
  private isProved = false;

  /** May a number in these events be wrong? */
  concerns(events: string): boolean {
    return events.includes('"tool_calls"') && CALLS.test(events) && (!this.isProved || NAMED.test(events));
  }

  hasBegun(choiceIndex: unknown): boolean {
    return this.begun.has(choiceIndex);
  }

  /** The text of a chunk with each call's place for its number. */
  numbered(data: string, choices: readonly unknown[]): string {
    const places = choices.map((choice) =>
      isRecord(choice) && isRecord(choice.delta) ? this.placesOf(indexOf(choice), choice.delta) : [],
    );
    this.isProved &&= !this.isWrong;
    if (!places.some((each) => each.length > 0)) return data;
    return inMember(data, 'choices', (list) =>
      rewriteElements(list, (choice, at) =>
        places[at]?.length ? inMember(choice, 'delta', (delta) => inMember(delta, 'tool_calls', placedAt(places[at]!))) : choice,
      ),
    );
  }

  /** Where the delta's calls stand; empty when that is what their numbers say. */
  private placesOf(choiceIndex: unknown, { tool_calls }: Record<string, unknown>): (number | undefined)[] {
    if (!Array.isArray(tool_calls) || tool_calls.length === 0) return [];
    const calls = this.begun.get(choiceIndex) ?? [];
    this.begun.set(choiceIndex, calls);
    let isRight = true;
    const places = (tool_calls as unknown[]).map((delta) => {
      if (!isRecord(delta)) return undefined;
      const place = callPosition(calls, delta);
      const isFirst = place === calls.length;
      calls[place] ??= { index: delta.index };
      if (typeof delta.id === 'string' && delta.id !== '') calls[place].id ??= delta.id;
      if (delta.index !== place) isRight = false;
      else if (!isFirst) this.isProved = true;
      return place;
    });
    if (isRight) return [];
    this.isWrong = true;
    return places;
  }
}

/** The text of an object with the values of one of its members changed. */
const inMember = (text: string, name: string, change: (raw: string) => string): string =>
  rewriteMembers(text, (raw, key) => (key === name ? change(raw) : raw));

const placedAt =
  (places: readonly (number | undefined)[]) =>
  (list: string): string =>
    rewriteElements(list, (call, at) => (places[at] === undefined ? call : setMembers(call, { index: String(places[at]) })));
