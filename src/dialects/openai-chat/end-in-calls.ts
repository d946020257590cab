/**
 * How a choice with calls ends. Agents go on by it, and Google's models and Ollama's say of such a choice that it stopped:
 * https://github.com/anomalyco/opencode/issues/14972
 */
import { rewriteElements, rewriteMembers, setMembers } from '../../core/json';
import { isRecord } from '../../core/record';

const CALLED = { finish_reason: '"tool_calls"' };

const hasStopped = (choice: unknown): boolean => isRecord(choice) && choice.finish_reason === 'stop';

/** The text of an answer or a chunk in which choices with calls end in them. */
export function endedInCalls(text: string, choices: readonly unknown[], hasCalls: (choice: unknown) => boolean): string {
  const ends = choices.map((choice) => hasStopped(choice) && hasCalls(choice));
  if (!ends.includes(true)) return text;
  return rewriteMembers(text, (raw, key) =>
    key === 'choices' ? rewriteElements(raw, (choice, at) => (ends[at] ? setMembers(choice, CALLED) : choice)) : raw,
  );
}
