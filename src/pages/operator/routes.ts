/** The pages of who runs the gateway. All but signing in need the operator's session. */
import type { AccountRoute } from '../../routes/account/route';
import { oneAccountPages } from './account-actions';
import { operatorAccountPages } from './accounts';
import { operatorAuditPages } from './audit';
import { operatorCallPages } from './call';
import { cataloguePages } from './catalogue';
import { operatorModelPages } from './models';
import { overviewPages } from './overview';
import { operatorSessionPages } from './session';
import { oneVoucherPages } from './voucher';
import { voucherPages } from './vouchers';

export const operatorPages: AccountRoute[] = [
  ...operatorSessionPages,
  ...overviewPages,
  ...operatorAccountPages,
  ...oneAccountPages,
  ...operatorCallPages,
  ...voucherPages,
  ...oneVoucherPages,
  ...operatorModelPages,
  ...cataloguePages,
  ...operatorAuditPages,
];
