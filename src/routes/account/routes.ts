/** All routes of the account plane's API, except sign-in, which is better-auth's. */
import { auditRoutes } from './audit';
import { billingRoutes } from './billing';
import { keyRoutes } from './keys';
import { meRoutes } from './me';
import { organizationRoutes } from './organizations';
import type { AccountRoute } from './route';
import { ssoRoutes, ssoSignInRoutes } from './sso';
import { usageRoutes } from './usage';

export const ACCOUNT_ROUTES: readonly AccountRoute[] = [
  ...meRoutes,
  ...keyRoutes,
  ...usageRoutes,
  ...organizationRoutes,
  ...auditRoutes,
  ...billingRoutes,
  ...ssoRoutes,
  ...ssoSignInRoutes,
];
