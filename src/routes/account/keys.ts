import type * as z from 'zod';
import { createApiKey } from '../../console/api-keys/create';
import { createKeyInput } from '../../console/api-keys/internal';
import { listApiKeys } from '../../console/api-keys/list';
import { withModelIds } from '../../console/api-keys/models';
import { revokeApiKey } from '../../console/api-keys/revoke';
import { rotateApiKey, rotateKeyInput } from '../../console/api-keys/rotate';
import { type UpdateKeyInput, updateApiKey, updateKeyInput } from '../../console/api-keys/update';
import type { VerbContext } from '../../console/context';
import type { AppContext } from '../../http/context';
import { type AccountRoute, answer, parameter, withInput } from './route';

export const createApiKeyInput = createKeyInput.omit({ userId: true });

async function create(context: VerbContext, input: z.infer<typeof createApiKeyInput>, c: AppContext) {
  const named = withModelIds(c.get('gateway').registry.models, input);
  return named.ok ? createApiKey(context, named.value) : named;
}

async function update(context: VerbContext, input: UpdateKeyInput, c: AppContext) {
  const named = withModelIds(c.get('gateway').registry.models, input);
  return named.ok ? updateApiKey(context, parameter(c, 'id'), named.value) : named;
}

export const keyRoutes: AccountRoute[] = [
  { method: 'GET', path: '/api/api-keys', permission: 'keys.read', handle: async (c, context) => c.json(await listApiKeys(context)) },
  { method: 'POST', path: '/api/api-keys', permission: 'keys.write', handle: withInput(createApiKeyInput, create, 201) },
  {
    method: 'PATCH',
    path: '/api/api-keys/:id',
    permission: 'keys.write',
    handle: withInput(updateKeyInput, update),
  },
  {
    method: 'POST',
    path: '/api/api-keys/:id/rotate',
    permission: 'keys.write',
    handle: withInput(rotateKeyInput, (context, input, c) => rotateApiKey(context, parameter(c, 'id'), input)),
  },
  {
    method: 'DELETE',
    path: '/api/api-keys/:id',
    permission: 'keys.write',
    handle: async (c, context) => answer(c, await revokeApiKey(context, parameter(c, 'id'))),
  },
];
