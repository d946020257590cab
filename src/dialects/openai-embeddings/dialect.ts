import * as z from 'zod';
import { fail, ok } from '../../core/errors';
import { setMembers, withoutMember } from '../../core/json';
import { promptSize } from '../estimate-tokens';
import { renderChatAnswer } from '../openai-chat/answer';
import { renderChatStreamError } from '../openai-chat/stream';
import { renderOpenaiError } from '../openai-errors';
import { besideTurns, type ParsedBody, parseBody } from '../parse-body';
import type { Bridge, Call, Dialect, OutgoingStream, Receipt } from '../types';
import { encodeVectors, readEmbeddings } from './vectors';

/** Only what is priced or routed on is validated; all other fields pass through unchanged. */
export const embeddingsRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.unknown()).min(1)]),
  encoding_format: z.string().nullish(),
});

const bridge = (body: string, model: string, base64: boolean): Bridge => ({
  request: (target) => ({ body: target.model === model ? body : setMembers(body, { model: JSON.stringify(target.model) }) }),
  readAnswer: readEmbeddings,
  renderAnswer: (text: string, receipt: Receipt) => renderChatAnswer(base64 ? encodeVectors(text) : text, receipt),
  // OpenAI's clients ask for base64 unasked, and an upstream that knows only numbers is as good.
  repaired(message) {
    const plain = message.includes('encoding_format') ? withoutMember(body, 'encoding_format') : body;
    return plain === body ? undefined : bridge(plain, model, base64);
  },
});

/** The `openStream` of calls for embeddings. */
export const neverStreamed = (): OutgoingStream => {
  throw new Error('embeddings are not streamed');
};

function call({ body, fields, data }: ParsedBody<{ model: string }>, base64: boolean): Call {
  const { model } = data;
  return {
    model,
    fields: besideTurns(fields),
    stream: false,
    choices: 0,
    maxOutputTokens: undefined,
    ...promptSize(body, undefined),
    over: (wire) => (wire === 'openai-embeddings' ? bridge(body, model, base64) : undefined),
    openStream: neverStreamed,
  };
}

/** OpenAI Embeddings (platform.openai.com/docs/api-reference/embeddings). */
export const openaiEmbeddings: Dialect = {
  families: ['embedding'],
  wires: ['openai-embeddings'],
  parse({ body }) {
    const parsed = parseBody(body, embeddingsRequest);
    if (!parsed.ok) return parsed;
    const { encoding_format: format } = parsed.value.data;
    if (format && format !== 'float' && format !== 'base64')
      return fail('invalid_request', 'The field `encoding_format` must be `float` or `base64`.', { param: 'encoding_format' });
    return ok(call(parsed.value, format === 'base64'));
  },
  renderError: renderOpenaiError,
  renderLoneError: renderChatStreamError,
};
