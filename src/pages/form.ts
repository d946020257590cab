/** Form errors in the form's own words: the API names fields, a form has labels. */
import type * as z from 'zod';
import { fail, type GatewayError, ok, type Result } from '../core/errors';

export type Labels = Readonly<Record<string, string>>;

type Issue = z.core.$ZodIssue;

const number = (value: number | bigint): string => value.toLocaleString('en');

const needed = (least: number | bigint): string => (least === 1 ? 'must not be empty' : `must have at least ${number(least)} characters`);

function reasonOf(issue: Issue): string {
  switch (issue.code) {
    case 'too_small':
      return issue.origin === 'string' ? needed(issue.minimum) : `must be at least ${number(issue.minimum)}`;
    case 'too_big': {
      const most = number(issue.maximum);
      if (issue.origin === 'string') return `must have at most ${most} characters`;
      return issue.origin === 'array' ? `must be at most ${most} of them` : `must be at most ${most}`;
    }
    case 'invalid_type':
      return issue.expected === 'number' || issue.expected === 'int' ? 'must be a number' : 'must not be empty';
    case 'invalid_format':
      return issue.format === 'email' ? 'must be an e-mail address' : issue.format === 'datetime' ? 'must be a date' : issue.message;
    case 'invalid_value':
      return 'must be one of the choices';
    default:
      return issue.message;
  }
}

const said = (labels: Labels, field: string, reason: string) =>
  fail('invalid_request', `${labels[field] ?? field}: ${reason.replace(/\.$/, '')}.`, { param: field });

/** Validates a form by the API's schema. */
export function readForm<T>(schema: z.ZodType<T>, value: unknown, labels: Labels): Result<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0]!;
  return said(labels, String(issue.path[0] ?? ''), reasonOf(issue));
}

/** A query, as far as it is valid. */
export interface Asked<T> {
  filter: T;
  query: Record<string, string>;
  error?: GatewayError | undefined;
}

interface Reading {
  /** Maps the query to the schema's fields. */
  as?: (query: Record<string, string>) => Record<string, string>;
  /** The query's names that a field of the schema is made from. */
  namesOf?: (field: string) => readonly string[];
}

/** Validates a query by the API's schema; an invalid field does not affect the others. */
export function readQuery<T>(
  schema: z.ZodType<T>,
  query: Record<string, string>,
  labels: Labels,
  { as = (given) => given, namesOf = (field) => [field] }: Reading = {},
  error?: GatewayError,
): Asked<T> {
  const read = readForm(schema, as(query), labels);
  if (read.ok) return { filter: read.value, query, error };
  const wrong = namesOf(read.error.param ?? '');
  const others = Object.fromEntries(Object.entries(query).filter(([name]) => !wrong.includes(name)));
  return readQuery(schema, others, labels, { as, namesOf }, error ?? read.error);
}

const named = (text: string, labels: Labels): string =>
  text.replaceAll(/`(\w+)`/g, (whole, field: string) => (labels[field] === undefined ? whole : `“${labels[field]}”`));

/** A verb's error with labels in place of field names. */
export function inLabels(error: GatewayError, labels: Labels): GatewayError {
  const found = /^The field `([^`.]+)[^`]*` (?:is not valid: )?(.*)$/s.exec(error.message);
  if (!found) return { ...error, message: named(error.message, labels) };
  return { ...error, ...said(labels, found[1]!, named(found[2]!, labels)).error };
}

/** The id of the element with the form's error. */
export const ERROR_ID = 'form-error';

/** Attributes for the field that the error is about: marked as invalid and focused. */
export const marked = (error: GatewayError | undefined, field: string) =>
  error?.param?.split('.')[0] === field ? { 'aria-invalid': 'true' as const, 'aria-describedby': ERROR_ID, autofocus: true } : {};
