import { expect, it } from 'vitest';
import { isOperatorsFigure, isPlausible, NO_USAGE, type Usage } from '../../../src/core/usage';

const MILLION = 1_000_000;
const INPUT: readonly (keyof Usage)[] = ['inputTokens', 'cacheReadTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens'];

it.each(INPUT)('twenty million tokens may have been read by a call, and no more: %s', (bucket) => {
  const read = { ...NO_USAGE, inputTokens: 5 * MILLION };
  const restTokens = bucket === 'inputTokens' ? 20 * MILLION : 15 * MILLION;
  expect(isPlausible({ ...read, [bucket]: restTokens }, 1)).toBe(true);
  expect(isPlausible({ ...read, [bucket]: restTokens + 1 }, 1)).toBe(false);
});

it('two million tokens may have been written for each answer, and no more', () => {
  const written = (outputTokens: number): Usage => ({ ...NO_USAGE, outputTokens });
  expect(isPlausible(written(2 * MILLION), 1)).toBe(true);
  expect(isPlausible(written(2 * MILLION + 1), 1)).toBe(false);
  expect(isPlausible(written(6 * MILLION), 3)).toBe(true);
  expect(isPlausible(written(6 * MILLION + 1), 3)).toBe(false);
});

it.each(['cost', 'cost_details', 'is_byok', 'upstream_inference_cost', 'estimatedCost'])('%s is the operator’s figure', (name) => {
  expect(isOperatorsFigure(name)).toBe(true);
});

it.each(['prompt_tokens', 'total_tokens', 'is_byok_not'])('%s is not', (name) => {
  expect(isOperatorsFigure(name)).toBe(false);
});
