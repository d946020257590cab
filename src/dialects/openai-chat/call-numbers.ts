import { rewriteElements, rewriteMembers, setMembers } from '../../core/json';
import { isFilled, isRecord } from '../../core/record';
import { type BegunCall, callPosition } from './tool-calls';

/** Cannot match inside arguments, whose quotes are escaped. */
const CALLS = /"tool_calls"\s*:\s*\[\s*\{/;
const NAMED = /"name"\s*:\s*"[^"]/;

/** A choice's index; a single choice may lack it. */
export const indexOf = (choice: unknown): unknown => (isRecord(choice) ? (choice.index ?? 0) : undefined);

/**
 * Corrects the `index` of a stream's tool calls, by which clients assemble them: some upstreams give all calls the same
 * index, or none (github.com/BerriAI/litellm/issues/11999).
 */
export class CallNumbers {
  /** Calls by their choice's index. */
  private readonly begun = new Map<unknown, BegunCall[]>();
  private isWrong = false;
  /** The upstream numbers its calls properly, so only the first pieces of further calls need a look. */
  private isProved = false;

  /** May these events hold a wrong index? */
  concerns(events: string): boolean {
    return events.includes('"tool_calls"') && CALLS.test(events) && (!this.isProved || NAMED.test(events));
  }

  hasBegun(choiceIndex: unknown): boolean {
    return this.begun.has(choiceIndex);
  }

  /** A chunk's text with the right index on each call. */
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

  /** The right indexes of the delta's calls; empty where they are right already. */
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
      if (isFilled(delta.id)) calls[place].id ??= delta.id;
      if (delta.index !== place) isRight = false;
      else if (!isFirst) this.isProved = true;
      return place;
    });
    if (isRight) return [];
    this.isWrong = true;
    return places;
  }
}

/** An object's text with the elements of one member's list changed. */
const inMember = (text: string, name: string, change: (raw: string) => string): string =>
  rewriteMembers(text, (raw, key) => (key === name ? change(raw) : raw));

const placedAt =
  (places: readonly (number | undefined)[]) =>
  (list: string): string =>
    rewriteElements(list, (call, at) => (places[at] === undefined ? call : setMembers(call, { index: String(places[at]) })));
