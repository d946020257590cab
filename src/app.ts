import { Hono } from 'hono';
import { RegExpRouter } from 'hono/router/reg-exp-router';
import { answerHeaders } from './core/answer-headers';
import { fail, type GatewayError } from './core/errors';
import { openaiChat } from './dialects/openai-chat/dialect';
import { BASES, GEMINI_BASES, MODELS_BASE, withoutClientsOwn } from './http/bases';
import { clientDialect, takesPages } from './http/client-format';
import type { AppContext, AppEnv } from './http/context';
import { requestIdOf } from './http/context';
import { preflight } from './http/cors';
import { firstCatalogue, gatewayDeps } from './http/deps';
import { CALL_ENDPOINTS, MODELS_ENDPOINTS } from './http/endpoints';
import { noteFailure } from './http/failed';
import { likePath, methodsAt, refuseMethod } from './http/methods';
import { renderError } from './http/render-error';
import { carriesKey } from './http/request-key';
import { toItsEnd, whole } from './http/to-its-end';
import { openapiDocument } from './openapi-document';
import { admin } from './routes/admin';
import { callRoute } from './routes/calls';
import {
  addItems,
  createConversation,
  deleteConversation,
  deleteItem,
  getConversation,
  getItem,
  listItems,
  updateConversation,
} from './routes/conversations';
import { postGeminiModel } from './routes/gemini';
import { getGeneration, getGenerationStream, getOpenrouterGeneration } from './routes/generations';
import { getDownload, getOperation } from './routes/media/gemini-films';
import { mountFiles, mountMedia, mountMediaOfAModel } from './routes/media/mount';
import { countModels, getEmbeddingModels, getModel, getModels, getOpenrouterModel, listModelsOf } from './routes/models';
import { getBilledUsage, getCredits, getOwnKey, getSubscription } from './routes/own-key';
import { health, hello } from './routes/probes';
import { getResponses, storedResponse } from './routes/responses';
import { countMessagesTokens, countResponsesTokens } from './routes/token-counts';

type Handler = (c: AppContext) => Response | Promise<Response>;
type Wrap = (handler: Handler) => Handler;

/**
 * Wraps a route of the API: its dependencies before it, and after it the common headers that its answer lacks. A
 * function rather than a middleware, since Hono serves a route without middleware on a fast path.
 */
function api(handler: Handler): Handler {
  const prepared = withDeps(handler);
  return async (c) => withCommonHeaders(c, await prepared(c));
}

/** The same for handlers that set the common headers themselves: even to look for them is costly, as it makes a Headers object. */
function withDeps(handler: Handler): Handler {
  return async (c) => {
    const waiting = firstCatalogue(c.env);
    if (waiting) await waiting;
    c.set('gateway', gatewayDeps(c.env, c.executionCtx));
    return handler(c);
  };
}

function withCommonHeaders(c: AppContext, response: Response): Response {
  if (!response.headers.has('x-request-id'))
    for (const [name, value] of Object.entries(answerHeaders(requestIdOf(c)))) response.headers.set(name, value);
  return response;
}

function mountCalls(app: Hono<AppEnv>, base: string, endpoints = CALL_ENDPOINTS): void {
  for (const [path, endpoint] of Object.entries(endpoints)) app.post(base + path, withDeps(callRoute(endpoint)));
}

function mountApi(app: Hono<AppEnv>, base: string, wrap: Wrap): void {
  mountCalls(app, base);
  app.post(`${base}/messages/count_tokens`, wrap(countMessagesTokens));
  app.get(`${base}/chat/completions`, wrap(listModelsOf(openaiChat.families)));
  for (const responses of [`${base}/responses`, `${base}/codex/responses`]) mountResponses(app, responses, wrap);
  mountConversations(app, `${base}/conversations`, wrap);
  for (const path of ['/key', '/auth/key']) app.get(base + path, wrap(getOwnKey));
  app.get(`${base}/credits`, wrap(getCredits));
  app.get(`${base}/dashboard/billing/subscription`, wrap(getSubscription));
  app.get(`${base}/dashboard/billing/usage`, wrap(getBilledUsage));
  app.get(`${base}/models/user`, wrap(getModels));
  app.get(`${base}/models/count`, wrap(countModels));
  app.get(`${base}/embeddings/models`, wrap(getEmbeddingModels));
  app.get(`${base}/model/:id{.+}`, wrap(getOpenrouterModel));
  app.get(`${base}/generation`, wrap(getOpenrouterGeneration));
  app.get(`${base}/generations/:id`, wrap(getGeneration));
  app.get(`${base}/generations/:id/stream`, wrap(getGenerationStream));
  mountMedia(app, base, wrap);
}

function mountResponses(app: Hono<AppEnv>, path: string, wrap: Wrap): void {
  app.get(path, wrap(getResponses));
  app.post(`${path}/input_tokens`, wrap(countResponsesTokens));
  // What is over is charged in passing.
  app.get(`${path}/:id`, wrap(whole(storedResponse('GET', ''))));
  app.delete(`${path}/:id`, wrap(whole(storedResponse('DELETE', ''))));
  app.post(`${path}/:id/cancel`, wrap(whole(storedResponse('POST', '/cancel'))));
  app.get(`${path}/:id/input_items`, wrap(storedResponse('GET', '/input_items')));
}

function mountConversations(app: Hono<AppEnv>, path: string, wrap: Wrap): void {
  app.post(path, wrap(whole(createConversation)));
  app.get(`${path}/:id`, wrap(getConversation));
  app.post(`${path}/:id`, wrap(whole(updateConversation)));
  app.delete(`${path}/:id`, wrap(whole(deleteConversation)));
  app.get(`${path}/:id/items`, wrap(listItems));
  app.post(`${path}/:id/items`, wrap(whole(addItems)));
  app.get(`${path}/:id/items/:item`, wrap(getItem));
  app.delete(`${path}/:id/items/:item`, wrap(whole(deleteItem)));
}

function mountProbes(app: Hono<AppEnv>, base: string): void {
  for (const path of [base, `${base}/`, `${base}/api/hello`]) app.get(path, api(hello));
}

/**
 * The API once more for clients that are given the bare host and add no version. Some of its GET paths are pages as
 * well: browsers get the page, and `/models` is the page for everyone who sends no key.
 */
function mountAtRoot(app: Hono<AppEnv>): void {
  const wrap: Wrap = (handler) => {
    const served = api(handler);
    return (c) => (c.req.method === 'GET' && takesPages(c) ? accountPlane(c) : served(c));
  };
  mountApi(app, '', wrap);
  const shared = { '/models': getModels, [OPERATIONS]: whole(getOperation), '/models/:id{.+}': getModel };
  for (const [path, handler] of Object.entries(shared)) {
    const served = api(handler);
    app.get(path, (c) => (carriesKey(c.req.raw) ? served(c) : accountPlane(c)));
  }
  app.post('/models/:id{.+}', api(postGeminiModel));
}

const OPERATIONS = '/models/:model{.+}/operations/:id';
/** Some clients escape the colon. */
const DOWNLOADS = '/files/:name{.+(?::|%3[Aa])download}';

function mountModels(app: Hono<AppEnv>, base: string): void {
  app.get(`${base}/models`, api(getModels));
  app.get(base + OPERATIONS, api(whole(getOperation)));
  app.get(base + DOWNLOADS, api(whole(getDownload)));
  app.get(`${base}/models/:id{.+}`, api(getModel));
  app.post(`${base}/models/:id{.+}`, api(postGeminiModel));
}

/**
 * The path that was meant by one with doubled slashes or, on POST, with one at its end, as base URLs with a trailing
 * slash make, or with a base of its client's own. A GET keeps its last slash: an id is missing behind it.
 */
function tidied(path: string, method: string): string {
  const single = withoutClientsOwn(path.replace(/\/{2,}/g, '/'));
  return method === 'POST' ? single.replace(/(?<=.)\/$/, '') : single;
}

/** The request at another path. The signal is passed on by name, or nobody would notice when the client hangs up. */
function moved(request: Request, path: string): Request {
  const url = new URL(request.url);
  url.pathname = path;
  return new Request(new Request(url, request), { signal: request.signal });
}

/** Client libraries show an error's message only when it has their own shape; people in a browser get a page. */
const notFound =
  (app: Hono<AppEnv>) =>
  (c: AppContext): Response | Promise<Response> => {
    const { method, path } = c.req;
    const methods = methodsAt(app, path);
    const meant = tidied(path, method);
    if (meant !== path && methodsAt(app, meant).includes(method)) return app.fetch(moved(c.req.raw, meant), c.env, c.executionCtx);
    if (method === 'GET' && takesPages(c) && !API_PATH.test(path)) return accountPlane(c);
    return renderError(c, refuseMethod(path, method, methods) ?? nothingAt(app, path, method), clientDialect(c));
  };

function nothingAt(app: Hono<AppEnv>, path: string, method: string): GatewayError {
  const like = likePath(app, path, method);
  return fail('not_found', `There is nothing at ${method} ${path}${like === undefined ? '' : `; this gateway has ${like}`}.`).error;
}

/** A bug, an unusable variable, or an object or D1 that is away for a moment. */
const failed = (error: Error, c: AppContext): Response => renderError(c, noteFailure(error, c, 'request failed'), clientDialect(c));

/** The account plane's paths by their first segments. Its module is imported when one of them is first asked for. */
const ACCOUNT_API = ['auth', 'me', 'api-keys', 'api-usage', 'orgs', 'invitations', 'audit', 'billing'].map((name) => `/api/${name}`);
const PAGES = [
  ...['sign-in', 'sign-up', 'sign-out', 'forgot-password', 'reset-password', 'two-factor', 'invitations', 'assets'],
  ...[
    'models',
    'pricing',
    'manage-api-keys',
    'usage',
    'settings',
    'docs',
    'playground',
    'status',
    'sdk',
    'gpu-recommend',
    'infra',
    'llms.txt',
    'operator',
  ],
].map((name) => `/${name}`);
const ACCOUNT_PATHS = ['/', ...[...ACCOUNT_API, ...PAGES].flatMap((path) => [path, `${path}/*`])];

async function accountPlane(c: AppContext): Promise<Response> {
  const loaded = await import('./account-plane');
  return loaded.accountPlane.fetch(c.req.raw, c.env, c.executionCtx);
}

const API_PATH = /^\/(?:api|v1|v1beta|v1alpha)(?:\/|$)/;

/**
 * The paths of model calls have no parameters. A router of their own finds them with one look-up; the router of all
 * other routes would match them segment by segment.
 */
export function withCallsFirst(app: Hono<AppEnv>): Hono<AppEnv> {
  const calls = new Hono<AppEnv>({ router: new RegExpRouter() });
  calls.onError(failed);
  calls.notFound((c) => app.fetch(c.req.raw, c.env, c.executionCtx));
  for (const base of ['', ...BASES]) mountCalls(calls, base);
  return calls;
}

export function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(failed);
  app.notFound(notFound(app));
  app.options('*', (c) => withCommonHeaders(c, preflight(c.req.raw)));
  // Reads every variable, as a call does: a gateway that can serve no call is not healthy.
  app.get('/healthz', api(health));
  app.get('/openapi.json', async (c) => withCommonHeaders(c, await openapiDocument(c.req.raw)));
  for (const base of BASES) {
    mountApi(app, base, api);
    mountProbes(app, base);
    mountModels(app, base);
  }
  mountAtRoot(app);
  mountCalls(app, MODELS_BASE, MODELS_ENDPOINTS);
  mountMediaOfAModel(app, MODELS_BASE, api);
  mountFiles(app, api);
  for (const base of GEMINI_BASES) mountModels(app, base);
  app.get('/', (c) => (takesPages(c) ? accountPlane(c) : api(hello)(c)));
  app.get('/api/hello', api(hello));
  app.use('/api/admin/*', async (c, next) => {
    c.set('gateway', gatewayDeps(c.env, c.executionCtx));
    await toItsEnd(c, next());
    withCommonHeaders(c, c.res);
  });
  app.route('/api/admin', admin);
  for (const path of ACCOUNT_PATHS) app.all(path, accountPlane);
  return app;
}
