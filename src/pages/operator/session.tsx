/** Who runs the gateway signs in to its pages with ADMIN_TOKEN. The cookie ends with the token, or after half a day. */
import { commit, OPERATOR, OPERATOR_LOG } from '../../console/audit/commit';
import type { OperatorContext } from '../../console/context';
import { fail, ok, type Result } from '../../core/errors';
import { sha256Hex } from '../../core/hex';
import { accountPlaneDeps } from '../../http/account-deps';
import { isSameSite } from '../../http/caller';
import type { AppContext } from '../../http/context';
import { isToken } from '../../http/operator-token';
import { requestOrigin } from '../../http/request-origin';
import type { AccountRoute } from '../../routes/account/route';
import { OPERATOR_SIGN_IN } from '../frame';
import { Notice } from '../parts';
import { cleared, type SealedCookie, sealed, unsealed } from '../sealed-cookie';
import { fields, page, refusalPage } from '../shell';
import { CROSS_SITE } from '../sign-in-parts';

export const OVERVIEW = '/operator';

const SESSION_SECONDS = 12 * 3_600;
const SESSION: SealedCookie = { name: 'gateway.operator', path: OVERVIEW, purpose: 'operator sessions', sameSite: 'Lax' };

interface Session {
  /** The hash of the token that was signed in with: another token ends the session. */
  token: string;
}

const contextOf = (c: AppContext): OperatorContext => ({
  ...accountPlaneDeps(c),
  actor: OPERATOR,
  from: requestOrigin(c),
  accountId: OPERATOR_LOG,
  organization: null,
});

const adminToken = (c: AppContext): string | undefined => c.get('gateway').settings.ADMIN_TOKEN;

export async function authorizeOperator(c: AppContext): Promise<Result<OperatorContext>> {
  const [context, token] = [contextOf(c), adminToken(c)];
  const session = await unsealed<Session>(c, context, SESSION);
  if (!session || token === undefined || session.token !== (await sha256Hex(token)))
    return fail('not_signed_in', 'Sign in with the token of this gateway’s operator.');
  return isSameSite(c) ? ok(context) : { ok: false, error: CROSS_SITE };
}

const OFF = 'These pages are off: this gateway has no ADMIN_TOKEN. Set one, of 16 characters at least, and deploy.';
const WRONG = 'This is not the token of this gateway.';

const signInPage = (c: AppContext, error?: string): Promise<Response> =>
  page(
    c,
    { title: 'Operator', narrow: true, status: error === undefined ? 200 : 400 },
    <>
      <div class="tight">
        <h1>Operator</h1>
        <p class="quiet">For who runs this gateway: accounts, credits, models and vouchers.</p>
      </div>
      <Notice error={error ?? (adminToken(c) === undefined ? OFF : undefined)} />
      <form method="post" action={OPERATOR_SIGN_IN}>
        <label>
          ADMIN_TOKEN
          <input name="token" type="password" required autocomplete="current-password" autofocus />
          <small>
            As <code>npm run deploy</code> has shown it. On your own machine, <code>npm start</code> prints it.
          </small>
        </label>
        <button type="submit">Sign in</button>
      </form>
    </>,
  );

async function showSignIn(c: AppContext): Promise<Response> {
  const operator = await authorizeOperator(c);
  return operator.ok ? c.redirect(OVERVIEW, 303) : signInPage(c);
}

async function signIn(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const [{ token = '' }, expected] = [await fields(c), adminToken(c)];
  if (expected === undefined) return signInPage(c, OFF);
  if (!(await isToken(token, expected))) return signInPage(c, WRONG);
  const context = contextOf(c);
  await commit(context, { action: 'operator.sign_in' });
  const session: Session = { token: await sha256Hex(expected) };
  c.header('set-cookie', await sealed(context, SESSION, session, SESSION_SECONDS), { append: true });
  return c.redirect(OVERVIEW, 303);
}

function signOut(c: AppContext): Response | Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  c.header('set-cookie', cleared(contextOf(c), SESSION), { append: true });
  return c.redirect(OPERATOR_SIGN_IN, 303);
}

export const operatorSessionPages: AccountRoute[] = [
  { method: 'GET', path: OPERATOR_SIGN_IN, permission: 'public', handle: showSignIn },
  { method: 'POST', path: OPERATOR_SIGN_IN, permission: 'public', handle: signIn },
  { method: 'POST', path: '/operator/sign-out', permission: 'public', handle: signOut },
];
