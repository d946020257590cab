import { type Fields, isRecord, parseJson } from '../../core/record';
import { eventData, splitEvents } from '../../core/sse';
import { allEnded, choicesOf, joinedLogprobs } from '../openai-chat/fold';

/** Folds a stream's chunks into one completion; undefined when they hold no choice, or one without an end. */
export function foldCompletionStream(events: string): string | undefined {
  const choices = new Map<number, Fields & { text: string }>();
  let head: Fields | undefined;
  let usage: unknown;
  for (const event of splitEvents(events)) {
    const chunk = parseJson(eventData(event)?.trim() ?? '');
    if (!isRecord(chunk)) continue;
    const spoken = choicesOf(chunk, choices);
    if (!spoken) return undefined;
    head ??= chunk;
    if (isRecord(chunk.usage)) usage = chunk.usage;
    for (const choice of spoken.filter(isRecord)) {
      const index = typeof choice.index === 'number' ? choice.index : 0;
      const known = choices.get(index);
      const said = typeof choice.text === 'string' ? choice.text : '';
      choices.set(index, {
        ...known,
        ...choice,
        index,
        text: (known?.text ?? '') + said,
        logprobs: joinedLogprobs(known?.logprobs, choice.logprobs),
        finish_reason: choice.finish_reason ?? known?.finish_reason,
      });
    }
  }
  if (!head || !allEnded(choices)) return undefined;
  const inOrder = [...choices].sort(([a], [b]) => a - b).map(([, choice]) => choice);
  return JSON.stringify({ ...head, choices: inOrder, ...(usage !== undefined && { usage }) });
}
