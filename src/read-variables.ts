/** Reads the variables that configure a gateway, with errors worded for whoever sets them. */
import type * as z from 'zod';

type Issue = z.core.$ZodIssue;

const oneOf = (values: readonly unknown[]): string => [values.slice(0, -1).join(', '), values.at(-1)].filter(Boolean).join(' or ');

/** `min` and `max` are lengths while the value is still a string. */
function reasonOf(issue: Issue): string {
  switch (issue.code) {
    case 'too_small': {
      if (issue.origin !== 'string') return issue.inclusive ? `must be at least ${issue.minimum}` : `must be above ${issue.minimum}`;
      return `must have at least ${issue.minimum} characters`;
    }
    case 'too_big':
      return issue.origin === 'string' ? `must have at most ${issue.maximum} characters` : `must be at most ${issue.maximum}`;
    case 'invalid_type':
      return issue.expected === 'string' ? 'must be a text' : 'must be a whole number';
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`;
    case 'invalid_format':
      return issue.format === 'url' ? 'must be a whole URL, such as https://gateway.example.com' : issue.message;
    default:
      return issue.message;
  }
}

const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === '';

/** A variable that is there and has nothing in it is as good as none, be it in `[vars]` or in `.dev.vars`. */
const withoutBlank = (env: unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(env ?? {}).filter(([, value]) => !isBlank(value)));

/** Throws with the name of the variable that is not usable, and why. Never with its value: many are secrets. */
export function readVariables<T>(schema: z.ZodType<T>, env: unknown): T {
  const given = withoutBlank(env);
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const name = issue.path.join('.');
  const isMissing = issue.code === 'invalid_type' && given[name] === undefined;
  throw new Error(`The variable ${name} is not usable: it ${isMissing ? 'is needed, and is not set' : reasonOf(issue)}`);
}
