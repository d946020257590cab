import { showMe } from '../../console/me/show';
import type { AccountRoute } from './route';

export const meRoutes: AccountRoute[] = [
  { method: 'GET', path: '/api/me', permission: 'self', handle: async (c, context) => c.json(await showMe(context)) },
];
