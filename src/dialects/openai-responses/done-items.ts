import { setMembers } from '../../core/json';
import { isRecord } from '../../core/record';
import { rawMember } from './response-object';

export const ITEM_DONE = 'response.output_item.done';

/** Collects a stream's finished items, since some upstreams leave them out of the final response. */
export class DoneItems {
  private readonly items = new Map<number, string>();

  /** Takes an event that says that an item is done. */
  add(data: string, { output_index }: Record<string, unknown>): void {
    const item = rawMember(data, 'item');
    if (item !== undefined) this.items.set(typeof output_index === 'number' ? output_index : this.items.size, item);
  }

  /** The response's text, with the collected items where it has none; else unchanged. */
  putInto(response: unknown, raw: string): string {
    const isWhole = isRecord(response) && Array.isArray(response.output) && response.output.length > 0;
    if (isWhole || this.items.size === 0) return raw;
    const inOrder = [...this.items].sort(([a], [b]) => a - b).map(([, item]) => item);
    return setMembers(raw, { output: `[${inOrder.join(',')}]` });
  }
}
