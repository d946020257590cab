import { isRecord } from '../../core/record';
import type { Answer, Receipt } from '../types';
import { responseId } from './ids';
import type { ResponsesRequest } from './request';
import { itemChars, itemHasContent, rawMember, renamed } from './response-object';
import { pricedUsage } from './usage';

const ENDED = new Set(['completed', 'incomplete']);
export const UNDER_WAY: ReadonlySet<string> = new Set(['queued', 'in_progress']);

/** An answer is one that ended, well or cut short, or, in the background, one that has been taken on. */
export function readResponse(request: Pick<ResponsesRequest, 'store' | 'background'>, json: unknown): Answer | undefined {
  if (!isRecord(json) || !Array.isArray(json.output)) return undefined;
  const { status } = json;
  // A compaction has no status: what there is of it is whole.
  const ended = json.object === 'response.compaction' || (typeof status === 'string' && ENDED.has(status));
  const pending = typeof status === 'string' && UNDER_WAY.has(status) && (request.background || json.background === true);
  if (!ended && !pending) return undefined;
  const output = json.output as unknown[];
  const hasOutput = output.some(itemHasContent);
  const isStored = request.store && json.store !== false && json.object !== 'response.compaction' && typeof json.id === 'string';
  return {
    usage: json.usage,
    hasOutput,
    outputChars: hasOutput ? output.reduce<number>((sum, item) => sum + itemChars(item), 0) : 0,
    storedId: isStored ? String(json.id) : undefined,
    ...(pending && { pending }),
  };
}

/** The answer under the gateway's id, with the cost in its usage. One that is still under way has neither yet. */
export function renderResponse(request: Pick<ResponsesRequest, 'previousResponseId'>, text: string, receipt: Receipt): string {
  const names = { id: responseId(receipt.requestId), previousResponseId: request.previousResponseId };
  const status = rawMember(text, 'status')?.slice(1, -1) ?? '';
  const raw = rawMember(text, 'usage');
  if (UNDER_WAY.has(status) && !raw?.startsWith('{')) return renamed(text, names);
  return renamed(text, names, { usage: pricedUsage(raw, receipt) });
}
