/** Stored answers that a client fetches again, with their cost added as it was the first time. */
import { setMembers } from '../../core/json';
import { isRecord, parseJson } from '../../core/record';
import { eventData } from '../../core/sse';
import { withCreditsUsed, withoutOperatorsFigures } from '../priced-usage';
import { UNDER_WAY } from './answer';
import { eventType, formatEvent } from './events';
import { rawMember } from './response-object';

/** In credits; undefined until the answer is settled. Called only for an answer that is over. */
type Cost = () => Promise<number | undefined>;

/**
 * @param given A response object or any other document.
 * @param conversationId Of which its provider knows nothing.
 */
export async function keptResponse(given: string, cost: Cost, conversationId?: string): Promise<string> {
  const json = parseJson(given);
  const isNamed = conversationId !== undefined && isRecord(json) && json.object === 'response';
  const raw = isNamed ? setMembers(given, { conversation: JSON.stringify({ id: conversationId }) }) : given;
  const usage = isRecord(json) && isRecord(json.usage) ? rawMember(raw, 'usage') : undefined;
  if (usage === undefined) return raw;
  const creditsUsed = UNDER_WAY.has(String((json as { status?: unknown }).status)) ? undefined : await cost();
  return setMembers(raw, { usage: creditsUsed === undefined ? withoutOperatorsFigures(usage) : withCreditsUsed(usage, creditsUsed) });
}

/** The same for an event of a stream; most hold no response. */
export async function keptEvent(event: string, cost: Cost, conversationId?: string): Promise<string> {
  const data = event.includes('"usage"') ? (eventData(event)?.trim() ?? '') : '';
  const json = parseJson(data);
  const type = isRecord(json) && isRecord(json.response) ? eventType(json, event) : undefined;
  if (type === undefined) return event;
  const raw = rawMember(data, 'response')!;
  const response = await keptResponse(raw, cost, conversationId);
  return response === raw ? event : formatEvent(type, setMembers(data, { response }));
}
