/** How long an upstream may stay silent before its first content. */
import type { Settings } from '../env';
import type { Plan } from './plan';

/** Many reasoning models say nothing until they have finished thinking. */
export const reasons = ({ model }: Pick<Plan, 'model'>): boolean => model.capabilities?.includes('reasoning') === true;

/** For the first words of its stream, a reasoning model may take as long as for a whole answer in one piece. */
export const silenceLimitMs = (plan: Pick<Plan, 'model'>, usualMs: number, { JSON_TIMEOUT_MS }: Settings): number =>
  reasons(plan) ? Math.max(usualMs, JSON_TIMEOUT_MS) : usualMs;
