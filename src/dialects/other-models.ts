import * as z from 'zod';
import { fail, ok, type Result } from '../core/errors';
import { setMembers, withoutMember } from '../core/json';
import type { Call } from './types';

/** A body without its list of models. */
interface SplitModels {
  body: string;
  fields: Record<string, unknown>;
  /** The models to ask when the one in the body fails. */
  otherModels?: readonly string[];
}

/** More than anybody needs. */
export const MAX_MODELS = 10;
const MODELS = z.array(z.string().min(1)).max(MAX_MODELS).nullable();

/**
 * `models` names the models to ask after `model`, in order, as at OpenRouter
 * (https://openrouter.ai/docs/guides/routing/model-fallbacks). The gateway asks them itself, so no provider sees the
 * list.
 */
export function splitModels(body: string, fields: Record<string, unknown>): Result<SplitModels> {
  if (fields.models === undefined) return ok({ body, fields });
  const { models, ...others } = fields;
  const asked = MODELS.safeParse(models);
  if (!asked.success)
    return fail('invalid_request', `The field \`models\` must be a list of up to ${MAX_MODELS} models.`, { param: 'models' });
  const rest = withoutMember(body, 'models');
  const [model, ...otherModels] = new Set([...(typeof fields.model === 'string' ? [fields.model] : []), ...(asked.data ?? [])]);
  if (model === undefined) return ok({ body: rest, fields: others });
  const named = { body: setMembers(rest, { model: JSON.stringify(model) }), fields: { ...others, model } };
  return ok({ ...named, ...(otherModels.length > 0 && { otherModels }) });
}

/** The call with the same for its alternatives. The first one's bridges keep the request as it was written. */
export const orElse = (call: Call, otherModels: readonly string[] | undefined): Call =>
  otherModels ? { ...call, alternatives: otherModels.map((model) => ({ ...call, model })) } : call;
