/** Resolves the models that a key is limited to, since calls are checked by the model's id, whatever name they use. */
import { fail, ok, type Result } from '../../core/errors';
import type { ModelIndex } from '../../providers/model-index';

interface Limited {
  models?: string[] | null | undefined;
}

/** A customer's own container, which is in no catalogue. */
const isDeployment = (name: string): boolean => /^deployment:[a-z0-9-]{1,63}$/.test(name);

/** A key limited to an unknown model could call nothing; most likely the name has a typing error. */
export function withModelIds<I extends Limited>({ find }: ModelIndex, input: I): Result<I> {
  const { models } = input;
  if (!models?.length) return ok(input);
  const ids = new Set<string>();
  for (const name of models) {
    const id = isDeployment(name) ? name : find(name)?.id;
    if (id === undefined) return fail('invalid_request', `The field \`models\` is not valid: there is no ${name}.`, { param: 'models' });
    ids.add(id);
  }
  return ok({ ...input, models: [...ids] });
}
