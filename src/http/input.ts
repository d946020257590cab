import type { z } from 'zod';
import { fail, ok, type Result } from '../core/errors';
import { readBody } from './body';
import type { AppContext } from './context';

const BODY_LIMIT_BYTES = 1_048_576;

/** What came, by its schema; the error names the field at fault. */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown): Result<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const param = issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'body');
  const isMissing = issue !== undefined && issue.code !== 'custom' && issue.path.length > 0 && valueAt(value, issue.path) === undefined;
  return fail('invalid_request', `The field \`${param}\` is ${isMissing ? 'required' : `not valid: ${issue?.message}`}.`, { param });
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined), value);

/** A JSON body by its schema; an empty one counts as an empty object. */
export async function jsonInput<T>(c: AppContext, schema: z.ZodType<T>): Promise<Result<T>> {
  const body = await readBody(c.req.raw, BODY_LIMIT_BYTES);
  if (!body.ok) return body;
  let json: unknown;
  try {
    json = body.value.trim() === '' ? {} : JSON.parse(body.value);
  } catch {
    return fail('invalid_request', 'The request body is not valid JSON.');
  }
  return parseInput(schema, json);
}
