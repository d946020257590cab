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
