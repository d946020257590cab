import type { Hono } from 'hono';
import { fail, type GatewayError } from '../core/errors';
import type { AppEnv } from './context';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The methods that have a handler at the path. Middleware for whole folders is no handler. */
export function methodsAt(app: Hono<AppEnv>, path: string): string[] {
  return METHODS.filter((method) => app.router.match(method, path)[0].some(([[, route]]) => route.method === method));
}

/** The 405 for a path that exists under other methods; undefined where nothing is at the path. */
export function refuseMethod(path: string, method: string, methods: readonly string[]): GatewayError | undefined {
  if (methods.length === 0) return undefined;
  const allow = methods.join(', ');
  return fail('wrong_method', `${path} takes ${allow}, not ${method}.`, { headers: { allow } }).error;
}

/** No client's path has more segments; a deeper one is not searched for. */
const MAX_SEGMENTS = 10;

/**
 * The path of this API that another gateway's path ends in: `/v1/chat/completions` for `/openai/v1/chat/completions`,
 * `/v1/messages` for `/anthropic/v1/messages`.
 */
export function likePath(app: Hono<AppEnv>, path: string, method: string): string | undefined {
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments.length > MAX_SEGMENTS) return undefined;
  const ends = segments.slice(1).map((_, index) => `/v1/${segments.slice(index + 1).join('/')}`.replace(/^\/v1(?=\/v1)/, ''));
  return ends.find((end) => methodsAt(app, end).includes(method));
}
