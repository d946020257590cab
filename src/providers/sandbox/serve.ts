import type { UpstreamRequest } from '../types';
import { serveChat } from './chat';
import { unknownPath } from './errors';
import { jsonResponse } from './json-response';
import { isMediaPath, serveMedia } from './media/serve';

/**
 * Answers as a provider would, without one. Rejects as `fetch` does when the signal is aborted or the
 * connection is made to break before there is an answer.
 */
export async function serve(request: UpstreamRequest): Promise<Response> {
  request.signal.throwIfAborted();
  const { pathname } = new URL(request.url);
  if (isMediaPath(pathname)) return serveMedia(request);
  switch (pathname) {
    case '/v1/chat/completions':
      return serveChat(request);
    default:
      return jsonResponse(404, unknownPath(pathname));
  }
}
