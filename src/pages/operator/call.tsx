/** One call of an account, for the operator who is asked about it. What it made is its owner's alone. */
import { findAccount } from '../../console/accounts';
import type { OperatorContext } from '../../console/context';
import { keyNameOf } from '../../console/usage/names';
import { showReceipt } from '../../console/usage/receipt';
import type { AppContext } from '../../http/context';
import { type AccountRoute, parameter } from '../../routes/account/route';
import { ReceiptHead, ReceiptShown, receiptTitle } from '../receipt';
import { page, refusalPage } from '../shell';
import { ACCOUNTS, accountPath } from './accounts';

export const callPath = (accountId: string, id: string): string => `${accountPath(accountId)}/calls/${id}`;

async function callPage(c: AppContext, context: OperatorContext, id: string): Promise<Response> {
  const found = await findAccount(context, parameter(c, 'id'));
  if (!found.ok) return refusalPage(c, found.error);
  const { id: accountId, name } = found.value.profile;
  const shown = await showReceipt({ ...context, accountId }, id);
  if (!shown.ok) return refusalPage(c, shown.error);
  const receipt = shown.value;
  const keyName = receipt.keyId === null ? undefined : await keyNameOf(context.db, accountId, receipt.keyId);
  return page(
    c,
    { title: receiptTitle(receipt), operator: true },
    <>
      <ReceiptHead receipt={receipt} from={<a href={accountPath(accountId)}>{name}</a>} />
      <ReceiptShown receipt={receipt} keyName={keyName} />
    </>,
  );
}

const CALLS = `${ACCOUNTS}/:id/calls`;

export const operatorCallPages: AccountRoute[] = [
  // A form cannot write into a path.
  { method: 'GET', path: CALLS, permission: 'operator', handle: (c, context) => callPage(c, context, (c.req.query('call') ?? '').trim()) },
  { method: 'GET', path: `${CALLS}/:call`, permission: 'operator', handle: (c, context) => callPage(c, context, parameter(c, 'call')) },
];
