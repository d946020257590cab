import * as z from 'zod';
import { fail, ok, type Result } from '../core/errors';
import { isRecord, parseJson } from '../core/record';
import { type NamesRead, namesRead, type Spelling, unambiguous } from './known-names';
import { splitModels } from './other-models';
import { refuseUnpriced, UNPRICED_FIELDS } from './unpriced';

/** More than any model writes, so a larger bound is a mistake. */
const MAX_OUTPUT_TOKENS = 2_000_000;

/** A client's own bound for an answer. */
export const outputTokens = z.int().min(1).max(MAX_OUTPUT_TOKENS);

/** The same for a format that allows zero: only to put the prompt into a cache. */
export const outputTokensOrNone = z.int().min(0).max(MAX_OUTPUT_TOKENS);

/** A parsed body: everything as `fields`, and what the schema names as `data`. */
export interface ParsedBody<T> {
  /** The text, made unambiguous: see `unambiguous`. */
  body: string;
  fields: Record<string, unknown>;
  data: T;
  /** The models to ask when the one in the body fails. */
  otherModels?: readonly string[];
}

/** Read in addition to what the schema names. */
const PRICED_FIELDS = [...UNPRICED_FIELDS, 'tools', 'max_tool_calls'];

interface Reading extends Spelling {
  /** Names that are read in addition to the schema's. */
  names?: readonly string[];
  /** Whether `models` is a list to ask in turn; it is then only in `otherModels`. */
  inTurn?: boolean;
}

const KNOWN = new WeakMap<z.ZodObject, NamesRead>();

/** Computed once for each schema. */
function namesOf(schema: z.ZodObject, { names = [], inTurn: _, ...spelling }: Reading): NamesRead {
  const known = KNOWN.get(schema) ?? namesRead([...Object.keys(schema.shape), ...PRICED_FIELDS, ...names], spelling);
  KNOWN.set(schema, known);
  return known;
}

/** Parses a JSON body and checks only what is priced or routed on; a refusal names the field at fault. */
export function parseBody<T>(text: string, schema: z.ZodObject & z.ZodType<T>, reading: Reading = {}): Result<ParsedBody<T>> {
  if (text.trim() === '') return fail('invalid_request', 'The request body is empty; send a JSON object.');
  const json = parseJson(text);
  if (json === undefined) return fail('invalid_request', 'The request body is not valid JSON.');
  if (!isRecord(json)) return fail('invalid_request', 'The request body must be a JSON object.');
  const split = reading.inTurn ? splitModels(text, json) : ok({ body: text, fields: json });
  if (!split.ok) return split;
  const { body: given, fields, ...others } = split.value;
  const body = unambiguous(given, namesOf(schema, reading));
  if (!body.ok) return body;
  const parsed = schema.safeParse(fields);
  if (!parsed.success) return refuseField(fields, parsed.error.issues[0]!);
  return refuseUnpriced(fields) ?? ok({ body: body.value, fields, data: parsed.data, ...others });
}

/** A body without its turns: those may be megabytes and should not stay in memory parsed. */
export function besideTurns(fields: Record<string, unknown>): Record<string, unknown> {
  const { messages: _messages, contents: _contents, input: _input, prompt: _prompt, ...beside } = fields;
  return beside;
}

/** The refusal for the first thing that is wrong with a field. */
function refuseField(fields: Record<string, unknown>, issue: z.core.$ZodIssue) {
  const param = issue.path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`))
    .join('');
  const missing = issue.path.length === 1 && fields[String(issue.path[0])] === undefined;
  const message = missing ? `The field \`${param}\` is required.` : `The field \`${param}\` is not valid: ${issue.message}.`;
  return fail('invalid_request', message, { param, code: missing ? 'missing_required_parameter' : 'invalid_value' });
}
