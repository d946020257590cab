import { Hono } from 'hono';
import { answerHeaders } from './core/answer-headers';
import { fail } from './core/errors';
import { openaiChat } from './dialects/openai-chat/dialect';
import type { AppContext, AppEnv } from './http/context';
import { requestIdOf } from './http/context';
import { preflight } from './http/cors';
import { gatewayDeps } from './http/deps';
import { renderError } from './http/render-error';
import { admin } from './routes/admin';
import { postChatCompletions } from './routes/chat';
import { getGeneration } from './routes/generations';
import { getModel, getModels, listModelsOf } from './routes/models';

/** The same paths under each of these, since documented base URLs and clients' own paths join in several ways. */
const BASES = ['/v1', '/api/v1'];

type Handler = (c: AppContext) => Response | Promise<Response>;

/**
 * A route of the API: its dependencies before, the common headers after, where the answer has none yet. A function
 * around a handler rather than a middleware, since a route without middleware is Hono's fast path.
 */
function api(handler: Handler): Handler {
  return async (c) => {
    c.set('gateway', gatewayDeps(c.env, c.executionCtx));
    return withCommonHeaders(c, await handler(c));
  };
}

function withCommonHeaders(c: AppContext, response: Response): Response {
  if (!response.headers.has('x-request-id'))
    for (const [name, value] of Object.entries(answerHeaders(requestIdOf(c)))) response.headers.set(name, value);
  return response;
}

function mountApi(app: Hono<AppEnv>, base: string): void {
  app.post(`${base}/chat/completions`, api(postChatCompletions));
  app.get(`${base}/chat/completions`, api(listModelsOf(openaiChat.families)));
  app.get(`${base}/models`, api(getModels));
  app.get(`${base}/models/*`, api(getModel));
  app.get(`${base}/generations/:id`, api(getGeneration));
}

const notFound = (c: AppContext): Response => renderError(c, fail('not_found', `There is nothing at ${c.req.method} ${c.req.path}.`).error);

/** A bug, or a variable that is not usable: the log gets the reason, the client only the id to ask about. */
function failed(error: Error, c: AppContext): Response {
  const reason = { requestId: requestIdOf(c), path: c.req.path, error: error.message, stack: error.stack };
  console.error('request failed', JSON.stringify(reason));
  return renderError(c, fail('internal', 'Something went wrong on our side; please report the request id.').error);
}

/** The first segments of the account plane's paths; it is loaded when one of them is first asked for. */
const ACCOUNT_API = ['auth', 'me', 'api-keys', 'api-usage', 'orgs', 'invitations', 'audit', 'billing'].map((name) => `/api/${name}`);
const PAGES = [
  ...['sign-in', 'sign-up', 'sign-out', 'forgot-password', 'reset-password', 'two-factor', 'invitations', 'assets'],
  ...['models', 'pricing', 'manage-api-keys', 'usage', 'settings'],
].map((name) => `/${name}`);
const ACCOUNT_PATHS = ['/', ...[...ACCOUNT_API, ...PAGES].flatMap((path) => [path, `${path}/*`])];

async function accountPlane(c: AppContext): Promise<Response> {
  const loaded = await import('./account-plane');
  return loaded.accountPlane.fetch(c.req.raw, c.env, c.executionCtx);
}

export function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(failed);
  app.notFound(notFound);
  app.options('*', (c) => withCommonHeaders(c, preflight(c.req.raw)));
  app.get('/healthz', (c) => withCommonHeaders(c, c.json({ ok: true })));
  for (const base of BASES) mountApi(app, base);
  app.use('/api/admin/*', async (c, next) => {
    c.set('gateway', gatewayDeps(c.env, c.executionCtx));
    await next();
    withCommonHeaders(c, c.res);
  });
  app.route('/api/admin', admin);
  for (const path of ACCOUNT_PATHS) app.all(path, accountPlane);
  return app;
}
