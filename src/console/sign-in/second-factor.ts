/** The operator's way out for somebody who has no code any more, or whose second factor can be read no more. */
import { fail, ok, type Result } from '../../core/errors';
import type { OperatorDeps } from '../accounts';
import { commit } from '../audit/commit';
import { ensurePersonalAccount, type Person } from './personal-account';

const FIND = 'SELECT id, name, email FROM users WHERE email = ? AND two_factor_enabled = 1';
const SWITCH_OFF = 'UPDATE users SET two_factor_enabled = 0 WHERE id = ? AND two_factor_enabled = 1';
const FORGET = 'DELETE FROM two_factors WHERE user_id IN (SELECT id FROM users WHERE id = ? AND two_factor_enabled = 0)';

export async function removeSecondFactor(deps: OperatorDeps, email: string): Promise<Result<{ email: string; twoFactorEnabled: false }>> {
  const person = await deps.db.prepare(FIND).bind(email.trim().toLowerCase()).first<Person>();
  if (!person) return fail('not_found', 'Nobody with this address has a second factor.');
  const accountId = await ensurePersonalAccount(deps, person, deps);
  const [off, forget] = [SWITCH_OFF, FORGET].map((statement) => deps.db.prepare(statement).bind(person.id));
  await commit({ ...deps, accountId }, { action: 'two_factor.disable', target: person.id }, off, forget!);
  return ok({ email: person.email, twoFactorEnabled: false });
}
