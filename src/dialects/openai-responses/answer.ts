import { isRecord } from '../../core/record';
import type { Answer, Receipt } from '../types';
import { responseId } from './ids';
import { itemChars, itemHasContent, rawMember, renamed } from './response-object';
import type { ResponsesRequest } from './types';
import { pricedUsage } from './usage';

const ENDED = new Set(['completed', 'incomplete']);
export const UNDER_WAY: ReadonlySet<string> = new Set(['queued', 'in_progress']);

/** An answer has ended, complete or cut short, or has at least been accepted for the background. */
export function readResponse(request: Pick<ResponsesRequest, 'store' | 'background'>, json: unknown): Answer | undefined {
  if (!isRecord(json) || !Array.isArray(json.output)) return undefined;
  const { status } = json;
  // A compaction has no status and is always complete.
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

/** The answer under the gateway's id, with the cost in its usage. While it is under way it has no usage. */
export function renderResponse(
  { previousResponseId, conversationId }: Pick<ResponsesRequest, 'previousResponseId' | 'conversationId'>,
  text: string,
  receipt: Receipt,
): string {
  const names = { id: responseId(receipt.requestId), previousResponseId, conversationId };
  const status = rawMember(text, 'status')?.slice(1, -1) ?? '';
  const raw = rawMember(text, 'usage');
  if (UNDER_WAY.has(status) && !raw?.startsWith('{')) return renamed(text, names);
  return renamed(text, names, { usage: pricedUsage(raw, receipt) });
}
