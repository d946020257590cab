import { z } from 'zod';
import { fail, ok, type Result } from '../core/errors';
import { isRecord, parseJson } from '../core/record';

/** More than any model writes; a larger bound is a mistake. */
const MAX_OUTPUT_TOKENS = 2_000_000;

/** A client's own bound for an answer. */
export const outputTokens = z.int().min(1).max(MAX_OUTPUT_TOKENS);

/** What a body holds: all of it as `fields`, and what the schema names as `data`. */
export interface ParsedBody<T> {
  fields: Record<string, unknown>;
  data: T;
}

/** A JSON body, checked only for what is priced or routed on; a refusal names the field at fault. */
export function parseBody<T>(body: string, schema: z.ZodType<T>): Result<ParsedBody<T>> {
  if (body.trim() === '') return fail('invalid_request', 'The request body is empty; send a JSON object.');
  const fields = parseJson(body);
  if (fields === undefined) return fail('invalid_request', 'The request body is not valid JSON.');
  if (!isRecord(fields)) return fail('invalid_request', 'The request body must be a JSON object.');
  const parsed = schema.safeParse(fields);
  return parsed.success ? ok({ fields, data: parsed.data }) : refuseField(fields, parsed.error.issues[0]!);
}

/** The refusal of a field, by the first thing that is wrong with it. */
function refuseField(fields: Record<string, unknown>, issue: z.core.$ZodIssue) {
  const param = issue.path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`))
    .join('');
  const missing = issue.path.length === 1 && fields[String(issue.path[0])] === undefined;
  const message = missing ? `The field \`${param}\` is required.` : `The field \`${param}\` is not valid: ${issue.message}.`;
  return fail('invalid_request', message, { param, code: missing ? 'missing_required_parameter' : 'invalid_value' });
}
