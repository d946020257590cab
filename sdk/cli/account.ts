import { CommandError, type Context } from './context.js';
import { EXIT } from './output.js';

/** The account's own pages are beside the API, and not on every gateway. */
export async function account<T>({ apiKey, baseURL }: Context, what: string, method: string, path: string, body?: unknown): Promise<T> {
  if (apiKey === undefined) throw new CommandError('No API key: run `hypereal login`, or set HYPEREAL_API_KEY.', EXIT.key);
  const response = await fetch(new URL(path, baseURL), {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  }).catch((error: unknown) => {
    throw new CommandError(`The gateway could not be reached: ${String(error)}`, EXIT.unreached);
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  if (response.ok && isJson) return JSON.parse(text) as T;
  if (response.status === 404 && (!isJson || text.includes('There is nothing at')))
    throw new CommandError(`This gateway does not offer ${what} to API keys; see its web pages.`);
  const said = isJson ? (JSON.parse(text) as { error?: { message?: string } }).error?.message : undefined;
  const isKey = response.status === 401 || response.status === 403;
  throw new CommandError(said ?? `The gateway answered ${response.status}.`, isKey ? EXIT.key : EXIT.failed);
}
