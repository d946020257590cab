import type * as z from 'zod';
import type { OperatorContext, VerbContext } from '../../console/context';
import { fail, type GatewayError, ok, type Result } from '../../core/errors';
import type { GuardedPermission } from '../../http/caller';
import type { AppContext } from '../../http/context';
import { jsonInput } from '../../http/input';
import { renderError } from '../../http/render-error';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Renders a refusal in the form that the caller expects. */
export type Refuse = (c: AppContext, error: GatewayError) => Response | Promise<Response>;

/** A route of the account plane. Each has a permission; a test goes through the list. */
export type AccountRoute = {
  method: Method;
  path: string;
  /** `json`: called by a page's script, so refusals are JSON. `browsers`: a browser is sent here on its way, so refusals are a page. */
  answers?: 'json' | 'browsers';
} & (
  | { permission: GuardedPermission; handle: (c: AppContext, context: VerbContext) => Response | Promise<Response> }
  | { permission: 'operator'; handle: (c: AppContext, context: OperatorContext) => Response | Promise<Response> }
  | { permission: 'public'; handle: (c: AppContext, refuse: Refuse) => Response | Promise<Response> }
);

/** A verb's result as a JSON response. */
export const answer = <T>(c: AppContext, result: Result<T>, status: 200 | 201 = 200): Response =>
  result.ok ? c.json(result.value as object, status) : renderError(c, result.error);

export const parameter = (c: AppContext, name: string): string => c.req.param(name) ?? '';

/** How much a list is asked for by `limit`. */
export function limitIn(c: AppContext, usual: number, most: number): Result<number> {
  const text = c.req.query('limit');
  if (text === undefined || text === '') return ok(usual);
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return ok(value);
  return fail('invalid_request', `\`limit\` must be a whole number from 1 to ${most}.`, { param: 'limit' });
}

/** The query without empty parameters, which a form sends for fields that were left empty. */
export const queryOf = (c: AppContext): Record<string, string> =>
  Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== ''));

/** A handler that validates the body by a schema, runs a verb on it and answers with the verb's result. */
export const withInput =
  <I, O>(schema: z.ZodType<I>, verb: (context: VerbContext, input: I, c: AppContext) => Promise<Result<O>>, status: 200 | 201 = 200) =>
  async (c: AppContext, context: VerbContext): Promise<Response> => {
    const input = await jsonInput(c, schema);
    return input.ok ? answer(c, await verb(context, input.value, c), status) : renderError(c, input.error);
  };
