/** How long an upstream may be silent before its first content. */
import type { Settings } from '../env';
import type { Plan } from './plan';

/** Many of the models that reason say nothing until they are through with it. */
export const reasons = ({ model }: Pick<Plan, 'model'>): boolean => model.capabilities?.includes('reasoning') === true;

/** A model that reasons takes as long for the first words of a stream as for an answer in one piece. */
export const silenceLimitMs = (plan: Pick<Plan, 'model'>, usualMs: number, { JSON_TIMEOUT_MS }: Settings): number =>
  reasons(plan) ? Math.max(usualMs, JSON_TIMEOUT_MS) : usualMs;
