import type * as z from 'zod';
import { fail, ok, type Result } from '../core/errors';
import { NOT_JSON, readBody } from './body';
import type { AppContext } from './context';

const BODY_LIMIT_BYTES = 1_048_576;

/** Validates a value by its schema; the error names the first field at fault. */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown): Result<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const { path, isThere } = followed(value, issue?.path ?? []);
  const param = path.join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'body');
  const isMissing = issue !== undefined && issue.code !== 'custom' && !isThere;
  return fail('invalid_request', `The field \`${param}\` is ${isMissing ? 'required' : `not valid: ${issue?.message}`}.`, { param });
}

/**
 * Follows an issue's path through the value as it was sent. It ends early where the schema made a list of a text, whose
 * items the sender never wrote.
 */
function followed(value: unknown, path: readonly PropertyKey[]): { path: readonly PropertyKey[]; isThere: boolean } {
  let inner = value;
  for (const [index, name] of path.entries()) {
    if (typeof inner !== 'object' || inner === null) return { path: path.slice(0, index), isThere: true };
    inner = Reflect.get(inner, name);
  }
  return { path, isThere: path.length === 0 || inner !== undefined };
}

/** A JSON body, validated by its schema; an empty body counts as an empty object. */
export async function jsonInput<T>(c: AppContext, schema: z.ZodType<T>): Promise<Result<T>> {
  const body = await readBody(c.req.raw, BODY_LIMIT_BYTES);
  if (!body.ok) return body;
  let json: unknown;
  try {
    json = body.value.trim() === '' ? {} : JSON.parse(body.value);
  } catch {
    return fail('invalid_request', NOT_JSON);
  }
  return parseInput(schema, json);
}
