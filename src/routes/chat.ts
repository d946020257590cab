import { openaiChat } from '../dialects/openai-chat/dialect';
import type { Dialect } from '../dialects/types';
import { runCall } from '../gateway/pipeline';
import { readBody } from '../http/body';
import type { AppContext } from '../http/context';
import { renderError } from '../http/render-error';
import { clientIp, requestKeys } from '../http/request-key';

/** A route that hands its request to the data plane in a dialect. */
const callRoute =
  (dialect: Dialect, endpoint: string) =>
  async (c: AppContext): Promise<Response> => {
    const request = c.req.raw;
    const gateway = c.get('gateway');
    const keys = await requestKeys(gateway.keys, request);
    if (!keys.ok) return renderError(c, keys.error, dialect);
    const body = await readBody(request, gateway.settings.BODY_LIMIT_BYTES);
    if (!body.ok) return renderError(c, body.error, dialect);
    const result = await runCall(gateway, {
      dialect,
      endpoint,
      body: body.value,
      url: request.url,
      headers: request.headers,
      keys: keys.value,
      origin: request.headers.get('origin'),
      ip: clientIp(request, gateway.settings),
      idempotencyKey: request.headers.get('idempotency-key'),
      signal: () => request.signal,
    });
    return result.ok ? result.response : renderError(c, result.error, dialect);
  };

export const postChatCompletions = callRoute(openaiChat, '/v1/chat/completions');
