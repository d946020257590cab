/** What the operator's own providers of all kinds share: JSON in a variable, an id, a base URL, keys. */
import * as z from 'zod';
import { parseJson } from '../core/record';
import { readApiKeys, readBaseUrl, variableName, variableText } from './config';
import type { Model, Target } from './types';

export const nameSchema = z.string().trim().min(1).max(200);
export const providerIdSchema = z.string().regex(/^custom(-[a-z0-9]+)+$/, 'must look like "custom-name", in lower case');
export const headerNameSchema = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'not a header name');

/** Headers that only the gateway sets. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'content-type',
  'content-length',
  'host',
]);
export const headersSchema = z.record(
  headerNameSchema.refine((header) => !OWN_HEADERS.has(header.toLowerCase()), 'the gateway sets this header itself'),
  z.string().regex(/^[\x20-\x7e]*$/, 'not a header value'),
);

const pathOf = (variable: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${String(part)}`), variable);

/** Undefined when the variable is unset or blank. Throws an error that names the faulty fields. */
export function readJsonVariable<T>(env: Record<string, unknown>, variable: string, schema: z.ZodType<T>): T | undefined {
  const value = env[variable];
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return undefined;
  // Wrangler parses a variable that is written as JSON in its configuration.
  const json = typeof value === 'string' ? parseJson(value) : value;
  if (json === undefined) throw new Error(`${variable}: not valid JSON.`);
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new Error(result.error.issues.map((issue) => `${pathOf(variable, issue.path)}: ${issue.message}`).join('; '));
}

interface Reachable {
  id: string;
  baseUrl: string;
  apiKey?: string | undefined;
}

/** Base URL and keys, from the provider's own fields and from `CUSTOM_..._BASE_URL` and `CUSTOM_..._API_KEY`. */
export function readReach(custom: Reachable, path: string, env: Record<string, unknown>): { baseUrl: string; apiKeys: string[] } {
  const keyVariable = variableName(custom.id, 'API_KEY');
  const urlVariable = variableName(custom.id, 'BASE_URL');
  const url = variableText(env, urlVariable);
  const baseUrl = url === undefined ? readBaseUrl(custom.baseUrl, `${path}.baseUrl`) : readBaseUrl(url, urlVariable);
  const keys = [...readApiKeys(variableText(env, keyVariable), keyVariable), ...readApiKeys(custom.apiKey, `${path}.apiKey`)];
  return { baseUrl, apiKeys: [...new Set(keys)] };
}

/** The models, each reached by the operator's own targets before any others. */
export const withOwnTargets = (models: readonly Model[], targets: ReadonlyMap<string, readonly Target[]>): Model[] =>
  models.map((model) => {
    const own = targets.get(model.id);
    return own === undefined ? model : { ...model, chain: [...own, ...model.chain] };
  });
