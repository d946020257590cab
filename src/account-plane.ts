/**
 * The account plane: sign-in, keys, usage, organizations, billing and pages. The Worker loads this module when one of
 * its paths is first asked for, so that a call to a model never pays for it.
 */
import { Hono } from 'hono';
import { leadsSomewhere } from './console/sign-in/auth';
import { answerHeaders } from './core/answer-headers';
import { fail } from './core/errors';
import { authOf } from './http/account-deps';
import { AUTH_BODY_BYTES, answerOfAuth } from './http/ask-auth';
import { boundedRequest } from './http/body';
import { authorize } from './http/caller';
import { takesPages } from './http/client-format';
import { type AppContext, type AppEnv, requestIdOf } from './http/context';
import { gatewayDeps } from './http/deps';
import { noteFailure } from './http/failed';
import { methodsAt, refuseMethod } from './http/methods';
import { renderError } from './http/render-error';
import { toItsEnd } from './http/to-its-end';
import { authorizeOperator } from './pages/operator/session';
import { PAGE_ROUTES } from './pages/routes';
import { lostPage, pageOfForm, refusalPage } from './pages/shell';
import type { AccountRoute, Refuse } from './routes/account/route';
import { ACCOUNT_ROUTES } from './routes/account/routes';

/** The largest bodies here come from identity providers and Stripe. Several of the readers below have no limit of their own. */
const BODY_LIMIT_BYTES = 1_048_576;

const AUTH_PATH = '/api/auth';

const isRead = ({ req }: AppContext): boolean => req.method === 'GET' || req.method === 'HEAD';

function withHeaders(c: AppContext, response: Response): Response {
  if (response.headers.has('x-request-id')) return response;
  const answered = new Response(response.body, response);
  for (const [name, value] of Object.entries(answerHeaders(requestIdOf(c)))) answered.headers.set(name, value);
  if (!answered.headers.has('cache-control')) answered.headers.set('cache-control', 'no-store');
  return answered;
}

async function serve(c: AppContext, route: AccountRoute, refuse: Refuse): Promise<Response> {
  if (route.permission === 'public') return route.handle(c, refuse);
  if (route.permission === 'operator') {
    const operator = await authorizeOperator(c);
    return operator.ok ? route.handle(c, operator.value) : refuse(c, operator.error);
  }
  const context = await authorize(c, route.permission);
  if (!context.ok) return refuse(c, context.error);
  const { account, accountId, actor } = context.value;
  const refused = isRead(c) ? null : await account(accountId).refuseChange(actor.kind === 'user' ? actor.id : 'keys');
  if (refused) return refuse(c, refused);
  return route.handle(c, context.value);
}

/** The account plane's API answers browsers in JSON too, so under `/api/` nobody is shown a page. */
const isLooking = (c: AppContext): boolean => takesPages(c) && !c.req.path.startsWith('/api/') && c.get('gateway') !== undefined;

const refuseBrowser: Refuse = (c, error) => (takesPages(c) ? refusalPage : renderError)(c, error);

async function failed(error: Error, c: AppContext, isShown = isLooking(c)): Promise<Response> {
  const shown = noteFailure(error, c, 'account plane failed');
  // A page about a failure must not fail itself.
  return isShown ? refusalPage(c, shown).catch(() => renderError(c, shown)) : renderError(c, shown);
}

/** On the way to an identity provider and back people see pages, though the paths are the API's. */
const serveBrowser = (c: AppContext, route: AccountRoute): Promise<Response> =>
  serve(c, route, refuseBrowser).catch((error: Error) => failed(error, c, takesPages(c)));

function createAccountPlane(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError((error, c) => failed(error, c));
  app.notFound((c) => {
    const { method, path } = c.req;
    if (isLooking(c)) {
      const meant = path.replace(/\/+$/, '');
      if (!isRead(c) || meant === path || !methodsAt(app, meant).includes('GET')) return lostPage(c);
      return c.redirect(meant + new URL(c.req.url).search, 301);
    }
    const refused = refuseMethod(path, method, methodsAt(app, path)) ?? fail('not_found', `There is nothing at ${method} ${path}.`).error;
    return renderError(c, refused);
  });
  app.use(async (c, next) => {
    c.set('gateway', gatewayDeps(c.env, c.executionCtx));
    const request = await boundedRequest(c.req.raw, BODY_LIMIT_BYTES);
    if (request.ok) {
      c.req.raw = request.value;
      await toItsEnd(c, next());
    } else {
      c.res = await (isLooking(c) ? refusalPage : renderError)(c, request.error);
    }
    c.res = withHeaders(c, c.res);
  });
  for (const route of ACCOUNT_ROUTES)
    app.on(route.method, route.path, (c) => (route.answers === 'browsers' ? serveBrowser(c, route) : serve(c, route, renderError)));
  for (const route of PAGE_ROUTES)
    app.on(route.method, route.path, (c) => serve(c, route, route.answers === 'json' ? renderError : refusalPage));
  // A failed form's POST path stays in the address bar. Who reloads it is led to the page that has the form.
  const formPaths = new Set(PAGE_ROUTES.filter(({ method }) => method === 'POST').map(({ path }) => path));
  for (const { method, path } of PAGE_ROUTES) if (method === 'GET') formPaths.delete(path);
  for (const path of formPaths) app.get(path, (c) => c.redirect(pageOfForm(c), 303));
  app.all(`${AUTH_PATH}/*`, async (c) => {
    const auth = await authOf(c);
    if (!leadsSomewhere(auth, new URL(c.req.url).pathname.slice(AUTH_PATH.length))) return c.notFound();
    const request = await boundedRequest(c.req.raw, AUTH_BODY_BYTES);
    return request.ok ? answerOfAuth(c, request.value) : renderError(c, request.error);
  });
  return app;
}

export const accountPlane = createAccountPlane();
