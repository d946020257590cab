import { Hono } from 'hono';
import { fail } from './core/errors';
import { openaiChat } from './dialects/openai-chat/dialect';
import type { AppContext, AppEnv } from './http/context';
import { freshRequestId } from './http/context';
import { addCommonHeaders, preflight } from './http/cors';
import { gatewayDeps } from './http/deps';
import { renderError } from './http/render-error';
import { admin } from './routes/admin';
import { postChatCompletions } from './routes/chat';
import { getGeneration } from './routes/generations';
import { getModel, getModels, listModelsOf } from './routes/models';

/** The same paths under each of these, since documented base URLs and clients' own paths join in several ways. */
const BASES = ['/v1', '/api/v1'];

function mountApi(app: Hono<AppEnv>, base: string): void {
  app.post(`${base}/chat/completions`, postChatCompletions);
  app.get(`${base}/chat/completions`, listModelsOf(openaiChat.families));
  app.get(`${base}/models`, getModels);
  app.get(`${base}/models/*`, getModel);
  app.get(`${base}/generations/:id`, getGeneration);
}

const notFound = (c: AppContext): Response => renderError(c, fail('not_found', `There is nothing at ${c.req.method} ${c.req.path}.`).error);

/** A bug, or a variable that is not usable: the log gets the reason, the client only the id to ask about. */
function failed(error: Error, c: AppContext): Response {
  console.error(
    'request failed',
    JSON.stringify({ requestId: c.get('requestId'), path: c.req.path, error: error.message, stack: error.stack }),
  );
  const response = renderError(c, fail('internal', 'Something went wrong on our side; please report the request id.').error);
  addCommonHeaders(response, c.get('requestId'));
  return response;
}

export function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(failed);
  app.notFound(notFound);
  app.use(async (c, next) => {
    c.set('requestId', freshRequestId());
    if (c.req.method === 'OPTIONS') return preflight(c.req.raw);
    c.set('gateway', gatewayDeps(c.env, c.executionCtx));
    await next();
    addCommonHeaders(c.res, c.get('requestId'));
  });
  app.get('/healthz', (c) => c.json({ ok: true }));
  for (const base of BASES) mountApi(app, base);
  app.route('/api/admin', admin);
  return app;
}
