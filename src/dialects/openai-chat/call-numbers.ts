import { rewriteElements, rewriteMembers, setMembers } from '../../core/json';
import { isFilled, isRecord } from '../../core/record';
import { type BegunCall, callPosition, missingId } from './tool-calls';

/** Cannot match inside arguments, whose quotes are escaped. */
const CALLS = /"tool_calls"\s*:\s*\[\s*\{/;
const NAMED = /"name"\s*:\s*"[^"]/;

/** Members of a call, as JSON. */
type Fix = Record<string, string>;

/** A choice's index; a single choice may lack it. */
export const indexOf = (choice: unknown): unknown => (isRecord(choice) ? (choice.index ?? 0) : undefined);

/**
 * Corrects the `index` of a stream's tool calls, by which clients assemble them, and gives an id to those without one:
 * some upstreams give all calls the same index, or none (github.com/BerriAI/litellm/issues/11999), and some no id
 * (github.com/anomalyco/opencode/pull/12585).
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

  /** A chunk's text with the right index and id on each call. */
  numbered(data: string, choices: readonly unknown[]): string {
    const fixes = choices.map((choice) => (isRecord(choice) && isRecord(choice.delta) ? this.fixesOf(indexOf(choice), choice.delta) : []));
    this.isProved &&= !this.isWrong;
    if (!fixes.some((each) => each.length > 0)) return data;
    return inMember(data, 'choices', (list) =>
      rewriteElements(list, (choice, at) =>
        fixes[at]?.length ? inMember(choice, 'delta', (delta) => inMember(delta, 'tool_calls', fixedBy(fixes[at]!))) : choice,
      ),
    );
  }

  /** What to change in each of the delta's calls; empty where all are right already. */
  private fixesOf(choiceIndex: unknown, { tool_calls }: Record<string, unknown>): Fix[] {
    if (!Array.isArray(tool_calls) || tool_calls.length === 0) return [];
    const calls = this.begun.get(choiceIndex) ?? [];
    this.begun.set(choiceIndex, calls);
    const fixes = (tool_calls as unknown[]).map((delta): Fix => {
      if (!isRecord(delta)) return {};
      const place = callPosition(calls, delta);
      const isFirst = place === calls.length;
      calls[place] ??= { index: delta.index };
      if (isFilled(delta.id)) calls[place].id ??= delta.id;
      const isPlaced = delta.index === place;
      if (isPlaced && !isFirst) this.isProved = true;
      const id = typeof delta.id === 'number' || isFirst ? missingId(delta.id) : undefined;
      return { ...(!isPlaced && { index: String(place) }), ...(id !== undefined && { id: JSON.stringify(id) }) };
    });
    if (fixes.every((fix) => Object.keys(fix).length === 0)) return [];
    this.isWrong = true;
    return fixes;
  }
}

/** An object's text with the elements of one member's list changed. */
const inMember = (text: string, name: string, change: (raw: string) => string): string =>
  rewriteMembers(text, (raw, key) => (key === name ? change(raw) : raw));

const fixedBy =
  (fixes: readonly Fix[]) =>
  (list: string): string =>
    rewriteElements(list, (call, at) => (fixes[at] && Object.keys(fixes[at]).length > 0 ? setMembers(call, fixes[at]) : call));
