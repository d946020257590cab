import { type Fields, isRecord, parseJson } from '../../core/record';
import { eventData, splitEvents } from '../../core/sse';
import { listField, recordField } from './fields';
import { partsOf } from './parts';

/** Folds a stream's chunks into the one answer that they add up to; undefined when they hold none, or an error. */
export function foldGeminiStream(events: string): string | undefined {
  const candidates = new Map<number, Fields>();
  let answer: Fields | undefined;
  for (const event of splitEvents(events.replace(/^\uFEFF/, ''))) {
    const data = eventData(event)?.trim();
    if (data === undefined || data === '' || data === '[DONE]') continue;
    const chunk = parseJson(data);
    if (!isRecord(chunk) || isRecord(chunk.error)) return undefined;
    answer = { ...answer, ...chunk };
    for (const candidate of listField(chunk, 'candidates')) addCandidate(candidates, candidate);
  }
  if (!answer) return undefined;
  const blocked = candidates.size === 0 && isRecord(answer.promptFeedback);
  const ended = candidates.size > 0 && [...candidates.values()].every(({ finishReason }) => typeof finishReason === 'string');
  if (!blocked && !ended) return undefined;
  const inOrder = [...candidates].sort(([a], [b]) => a - b).map(([, candidate]) => candidate);
  return JSON.stringify({ ...answer, ...(!blocked && { candidates: inOrder }) });
}

function addCandidate(candidates: Map<number, Fields>, candidate: Fields): void {
  const index = typeof candidate.index === 'number' ? candidate.index : 0;
  const known = candidates.get(index);
  const content = recordField(known ?? {}, 'content');
  const parts = content ? listField(content, 'parts') : [];
  for (const part of partsOf(candidate)) addPart(parts, part);
  candidates.set(index, {
    ...known,
    ...candidate,
    index,
    content: { role: 'model', ...content, ...recordField(candidate, 'content'), parts },
  });
}

/** Appends to the last part where both are text of the same kind; a signature ends its part. */
function addPart(parts: Fields[], part: Fields): void {
  const last = parts.at(-1);
  const { text, ...more } = part;
  const joins =
    typeof text === 'string' &&
    typeof last?.text === 'string' &&
    last.thought === part.thought &&
    last.thoughtSignature === undefined &&
    Object.keys(more).every((key) => key === 'thought' || key === 'thoughtSignature');
  if (joins) parts[parts.length - 1] = { ...last, ...more, text: `${String(last.text)}${text}` };
  else parts.push(part);
}
