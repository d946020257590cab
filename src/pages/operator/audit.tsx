/** The audit logs that the operator reads: the gateway's own, and any account's. */
import { findAccount } from '../../console/accounts';
import { listKeys } from '../../console/api-keys/internal';
import type { OperatorContext } from '../../console/context';
import { ownersOf } from '../../console/operator/accounts';
import type { AppContext } from '../../http/context';
import { answerExport } from '../../routes/account/audit';
import type { AccountRoute } from '../../routes/account/route';
import { auditLogPage } from '../audit-log';
import { refusalPage } from '../shell';
import { ACCOUNTS, accountPath } from './accounts';

const PATH = '/operator/audit';

const gatewaysPage = (c: AppContext, context: OperatorContext): Promise<Response> =>
  auditLogPage(c, {
    of: context,
    path: PATH,
    exportPath: `${PATH}/export`,
    keeps: {},
    title: 'Audit log',
    about: 'What was done to the gateway itself, each entry sealed with those before it. What was done to an account is in its own log.',
    names: new Map(),
    frame: { operator: true },
  });

async function accountsPage(c: AppContext, context: OperatorContext): Promise<Response> {
  const found = await findAccount(context, c.req.param('id') ?? '');
  if (!found.ok) return refusalPage(c, found.error);
  const { id, name } = found.value.profile;
  const [{ keys }, { people }] = await Promise.all([listKeys(context, id), ownersOf(context, id)]);
  const path = `${accountPath(id)}/audit`;
  return auditLogPage(c, {
    of: { db: context.db, accountId: id },
    path,
    exportPath: `${path}/export`,
    keeps: {},
    title: 'Audit log',
    about: (
      <>
        Who did what, each entry sealed with those before it, of <a href={accountPath(id)}>{name}</a>
      </>
    ),
    names: new Map([
      ...keys.map((key): [string, string] => [key.id, key.name]),
      ...people.map(({ id, email }): [string, string] => [id, email]),
    ]),
    frame: { operator: true },
  });
}

async function exportAccounts(c: AppContext, context: OperatorContext): Promise<Response> {
  const found = await findAccount(context, c.req.param('id') ?? '');
  if (!found.ok) return refusalPage(c, found.error);
  return answerExport(c, { ...context, accountId: found.value.profile.id });
}

export const operatorAuditPages: AccountRoute[] = [
  { method: 'GET', path: PATH, permission: 'operator', handle: gatewaysPage },
  { method: 'GET', path: `${PATH}/export`, permission: 'operator', handle: answerExport },
  { method: 'GET', path: `${ACCOUNTS}/:id/audit`, permission: 'operator', handle: accountsPage },
  { method: 'GET', path: `${ACCOUNTS}/:id/audit/export`, permission: 'operator', handle: exportAccounts },
];
