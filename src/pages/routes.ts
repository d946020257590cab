/** Every page, with the permission that it needs: the same table and the same verbs as the API's. */
import type { AccountRoute } from '../routes/account/route';
import { billingPages } from './billing';
import { keyPages } from './keys';
import { organizationPages } from './organization';
import { publicPages } from './public';
import { settingsPages } from './settings';
import { serveStyles } from './shell';
import { signInPages } from './sign-in';
import { usagePages } from './usage';

export const PAGE_ROUTES: readonly AccountRoute[] = [
  { method: 'GET', path: '/assets/:file', permission: 'public', handle: serveStyles },
  ...publicPages,
  ...signInPages,
  ...keyPages,
  ...usagePages,
  ...settingsPages,
  ...billingPages,
  ...organizationPages,
];
