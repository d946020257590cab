import type { Hono } from 'hono';
import { fail, type GatewayError } from '../core/errors';
import type { AppEnv } from './context';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The methods that something answers at the path; what stands in front of whole folders answers nothing itself. */
export function methodsAt(app: Hono<AppEnv>, path: string): string[] {
  return METHODS.filter((method) => app.router.match(method, path)[0].some(([[, route]]) => route.method === method));
}

/** The refusal of a method that is none of a path's; undefined where the path has none at all. */
export function refuseMethod(path: string, method: string, methods: readonly string[]): GatewayError | undefined {
  if (methods.length === 0) return undefined;
  const allow = methods.join(', ');
  return fail('wrong_method', `${path} takes ${allow}, not ${method}.`, { headers: { allow } }).error;
}

/** More than any path of clients has; what is deeper is looked for no further. */
const MAX_SEGMENTS = 10;

/**
 * Where the API has what a path of another gateway ends in: `/openai/v1/chat/completions` and
 * `/anthropic/v1/messages`, for two, are what other gateways have before the version.
 */
export function likePath(app: Hono<AppEnv>, path: string, method: string): string | undefined {
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments.length > MAX_SEGMENTS) return undefined;
  const ends = segments.slice(1).map((_, index) => `/v1/${segments.slice(index + 1).join('/')}`.replace(/^\/v1(?=\/v1)/, ''));
  return ends.find((end) => methodsAt(app, end).includes(method));
}
