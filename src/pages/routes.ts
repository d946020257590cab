/** Every page, with the permission that it needs: the same table and the same verbs as the API's. */
import type { AccountRoute } from '../routes/account/route';
import { serveAsset } from './assets';
import { auditPages } from './audit';
import { billingPages } from './billing';
import { deploymentPages } from './deployments';
import { docsPages } from './docs';
import { gpuPages } from './gpu';
import { jobPages } from './jobs';
import { keyPages } from './keys';
import { llmsRoute } from './llms';
import { mailedPages } from './mailed-link';
import { modelPageRoute } from './model';
import { modelPages } from './models';
import { operatorPages } from './operator/routes';
import { organizationPages } from './organization';
import { passwordPages } from './password';
import { playgroundPages } from './playground';
import { pricingPages } from './pricing';
import { publicPages } from './public';
import { referencePages } from './reference';
import { sdkPackageRoute } from './sdk-package';
import { settingsPages } from './settings';
import { signInPages } from './sign-in';
import { statusPages } from './status';
import { usagePages } from './usage';
import { webhookPages } from './webhooks';

export const PAGE_ROUTES: readonly AccountRoute[] = [
  { method: 'GET', path: '/assets/:file', permission: 'public', handle: serveAsset },
  ...publicPages,
  ...modelPages,
  modelPageRoute,
  ...pricingPages,
  ...docsPages,
  sdkPackageRoute,
  llmsRoute,
  ...referencePages,
  ...playgroundPages,
  ...statusPages,
  ...gpuPages,
  ...deploymentPages,
  ...signInPages,
  ...mailedPages,
  ...passwordPages,
  ...keyPages,
  ...usagePages,
  ...jobPages,
  ...webhookPages,
  ...settingsPages,
  ...billingPages,
  ...organizationPages,
  ...auditPages,
  ...operatorPages,
];
