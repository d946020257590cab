import { createApiKey } from '../../console/api-keys/create';
import { createKeyInput } from '../../console/api-keys/internal';
import { listApiKeys } from '../../console/api-keys/list';
import { revokeApiKey } from '../../console/api-keys/revoke';
import { rotateApiKey, rotateKeyInput } from '../../console/api-keys/rotate';
import { updateApiKey, updateKeyInput } from '../../console/api-keys/update';
import { jsonInput } from '../../http/input';
import { renderError } from '../../http/render-error';
import { type AccountRoute, answer, parameter } from './route';

const createInput = createKeyInput.omit({ userId: true });

export const keyRoutes: AccountRoute[] = [
  {
    method: 'GET',
    path: '/api/api-keys',
    permission: 'keys.read',
    handle: async (c, context) => c.json(await listApiKeys(context)),
  },
  {
    method: 'POST',
    path: '/api/api-keys',
    permission: 'keys.write',
    handle: async (c, context) => {
      const input = await jsonInput(c, createInput);
      return input.ok ? answer(c, await createApiKey(context, input.value), 201) : renderError(c, input.error);
    },
  },
  {
    method: 'PATCH',
    path: '/api/api-keys/:id',
    permission: 'keys.write',
    handle: async (c, context) => {
      const input = await jsonInput(c, updateKeyInput);
      return input.ok ? answer(c, await updateApiKey(context, parameter(c, 'id'), input.value)) : renderError(c, input.error);
    },
  },
  {
    method: 'POST',
    path: '/api/api-keys/:id/rotate',
    permission: 'keys.write',
    handle: async (c, context) => {
      const input = await jsonInput(c, rotateKeyInput);
      return input.ok ? answer(c, await rotateApiKey(context, parameter(c, 'id'), input.value)) : renderError(c, input.error);
    },
  },
  {
    method: 'DELETE',
    path: '/api/api-keys/:id',
    permission: 'keys.write',
    handle: async (c, context) => answer(c, await revokeApiKey(context, parameter(c, 'id'))),
  },
];
