import { isRecord } from '../core/record';

const NO_EFFORT: readonly unknown[] = ['none', 'minimal'];

/**
 * Does a request in OpenAI's shape turn thinking off? OpenAI has an effort for it (`reasoning_effort`, in Responses
 * `reasoning.effort`), others a switch: https://docs.z.ai/guides/capabilities/thinking-mode and
 * https://www.alibabacloud.com/help/en/model-studio/deep-thinking
 */
export function thoughtsOff({ reasoning_effort, reasoning, thinking, enable_thinking }: Record<string, unknown>): boolean {
  if (NO_EFFORT.includes(reasoning_effort) || enable_thinking === false) return true;
  if (isRecord(thinking) && thinking.type === 'disabled') return true;
  return isRecord(reasoning) && (NO_EFFORT.includes(reasoning.effort) || reasoning.enabled === false);
}
