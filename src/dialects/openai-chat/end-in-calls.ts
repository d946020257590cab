/**
 * Sets `finish_reason: tool_calls` on choices with calls. Agents depend on it, but Google's models and Ollama's say
 * `stop`: https://github.com/anomalyco/opencode/issues/14972
 */
import { rewriteElements, rewriteMembers, setMembers } from '../../core/json';
import { isRecord } from '../../core/record';

const CALLED = { finish_reason: '"tool_calls"' };

const hasStopped = (choice: unknown): boolean => isRecord(choice) && choice.finish_reason === 'stop';

/** The text of an answer or chunk with that reason on every choice that has calls. */
export function endedInCalls(text: string, choices: readonly unknown[], hasCalls: (choice: unknown) => boolean): string {
  const ends = choices.map((choice) => hasStopped(choice) && hasCalls(choice));
  if (!ends.includes(true)) return text;
  return rewriteMembers(text, (raw, key) =>
    key === 'choices' ? rewriteElements(raw, (choice, at) => (ends[at] ? setMembers(choice, CALLED) : choice)) : raw,
  );
}
