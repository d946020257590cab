import type { Result } from '../core/errors';
import { parseCountTokens as parseMessagesCount } from '../dialects/anthropic-messages/count-tokens';
import { anthropicMessages } from '../dialects/anthropic-messages/dialect';
import { parseCountTokens as parseGeminiCount } from '../dialects/gemini/count-tokens';
import { geminiNative } from '../dialects/gemini/dialect';
import { parseCountTokens as parseResponsesCount } from '../dialects/openai-responses/count-tokens';
import { openaiResponses } from '../dialects/openai-responses/dialect';
import type { ClientRequest, Dialect, TokenQuestion } from '../dialects/types';
import { refuseKeys } from '../gateway/authorize-key';
import { countTokens } from '../gateway/count-tokens';
import { readBody } from '../http/body';
import type { AppContext } from '../http/context';
import { renderError } from '../http/render-error';
import { requestKeys, sourceOf } from '../http/request-key';

const countRoute =
  (dialect: Dialect, parse: (request: ClientRequest) => Result<TokenQuestion>) =>
  async (c: AppContext): Promise<Response> => {
    const request = c.req.raw;
    const gateway = c.get('gateway');
    const keys = await requestKeys(gateway.keys, request);
    if (!keys.ok) return renderError(c, keys.error, dialect);
    const from = sourceOf(request, gateway.settings);
    const askFirst = () => refuseKeys(gateway, keys.value, from);
    const body = await readBody(request, gateway.settings.BODY_LIMIT_BYTES, askFirst);
    if (!body.ok) return renderError(c, body.error, dialect);
    const question = parse({ body: body.value, url: request.url, headers: request.headers });
    if (!question.ok) return renderError(c, question.error, dialect);
    const counted = await countTokens(gateway, {
      dialect,
      question: question.value,
      keys: keys.value,
      ...from,
    });
    if (!counted.ok) return renderError(c, counted.error, dialect);
    return new Response(counted.value, { headers: { 'content-type': 'application/json' } });
  };

export const countMessagesTokens = countRoute(anthropicMessages, parseMessagesCount);
export const countGeminiTokens = countRoute(geminiNative, parseGeminiCount);
export const countResponsesTokens = countRoute(openaiResponses, parseResponsesCount);
