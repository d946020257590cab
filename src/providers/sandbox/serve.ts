import type { UpstreamRequest } from '../types';
import { chatFormat } from './chat/format';
import { completionsFormat } from './completions/format';
import { embeddingsFormat } from './embeddings/format';
import { exchange } from './exchange';
import { geminiEmbeddingsFormat, readEmbeddingPath } from './gemini/embeddings';
import { geminiFormat, readGeminiPath } from './gemini/format';
import { jsonResponse } from './json-response';
import { isMediaPath, serveMedia } from './media/serve';
import { countTokensFormat, messagesFormat } from './messages/format';
import { unknownPath } from './openai-errors';
import { compactFormat } from './responses/compact';
import { countFormat } from './responses/count';
import { responsesFormat } from './responses/format';
import { readStoredPath, serveStored } from './responses/stored';

type Serve = (request: UpstreamRequest) => Promise<Response>;

const POSTS = new Map<string, Serve>([
  ['/v1/chat/completions', (request) => exchange(request, chatFormat)],
  ['/v1/completions', (request) => exchange(request, completionsFormat)],
  ['/v1/embeddings', (request) => exchange(request, embeddingsFormat)],
  ['/v1/messages', (request) => exchange(request, messagesFormat)],
  ['/v1/messages/count_tokens', (request) => exchange(request, countTokensFormat)],
  ['/v1/responses', (request) => exchange(request, responsesFormat)],
  ['/v1/responses/compact', (request) => exchange(request, compactFormat)],
  ['/v1/responses/input_tokens', (request) => exchange(request, countFormat)],
]);

/**
 * Answers as a provider would, without one. Rejects as `fetch` does when the signal is aborted or the
 * connection is made to break before there is an answer.
 */
export async function serve(request: UpstreamRequest): Promise<Response> {
  request.signal.throwIfAborted();
  const method = request.method ?? 'POST';
  const url = new URL(request.url);
  if (isMediaPath(url.pathname)) return serveMedia(request);
  const post = method === 'POST' ? POSTS.get(url.pathname) : undefined;
  if (post) return post(request);
  const gemini = method === 'POST' ? readGeminiPath(url) : undefined;
  if (gemini) return exchange(request, geminiFormat(gemini));
  const embeds = method === 'POST' ? readEmbeddingPath(url) : undefined;
  if (embeds) return exchange(request, geminiEmbeddingsFormat(embeds));
  const stored = readStoredPath(method, url);
  if (stored) return serveStored(request, stored);
  return jsonResponse(404, unknownPath(method, url.pathname));
}
