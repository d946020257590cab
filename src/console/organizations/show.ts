import { toCredits } from '../../core/money';
import type { VerbContext } from '../context';
import { organizationOf } from './internal';

export async function showOrganization(context: VerbContext) {
  const view = await context.account(context.accountId).view();
  return {
    ...organizationOf(context),
    role: context.role,
    permissions: [...context.permissions],
    accountId: context.accountId,
    tier: view?.tier ?? 'free',
    balanceCredits: toCredits(view?.balanceMicro ?? 0),
  };
}
