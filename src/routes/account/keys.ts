import { createApiKey } from '../../console/api-keys/create';
import { createKeyInput } from '../../console/api-keys/internal';
import { listApiKeys } from '../../console/api-keys/list';
import { revokeApiKey } from '../../console/api-keys/revoke';
import { rotateApiKey, rotateKeyInput } from '../../console/api-keys/rotate';
import { updateApiKey, updateKeyInput } from '../../console/api-keys/update';
import { type AccountRoute, answer, parameter, withInput } from './route';

export const createApiKeyInput = createKeyInput.omit({ userId: true });

export const keyRoutes: AccountRoute[] = [
  { method: 'GET', path: '/api/api-keys', permission: 'keys.read', handle: async (c, context) => c.json(await listApiKeys(context)) },
  { method: 'POST', path: '/api/api-keys', permission: 'keys.write', handle: withInput(createApiKeyInput, createApiKey, 201) },
  {
    method: 'PATCH',
    path: '/api/api-keys/:id',
    permission: 'keys.write',
    handle: withInput(updateKeyInput, (context, input, c) => updateApiKey(context, parameter(c, 'id'), input)),
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
