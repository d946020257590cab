import { z } from 'zod';
import { parseJson } from '../core/record';
import { WIRE_IDS, type WireId } from '../core/wire-id';
import { readApiKeys, readBaseUrl, variableName, variableText } from './config';
import type { Provider } from './types';
import { WIRES } from './wires';

const VARIABLE = 'CUSTOM_PROVIDERS';

const usdPerMtok = z.number().min(0).max(100_000);
const tokens = z.int().min(1).max(100_000_000);
const name = z.string().trim().min(1).max(200);

/** The gateway sets these itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'content-type',
  'content-length',
  'host',
]);
const headers = z.record(
  z
    .string()
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'not a header name')
    .refine((header) => !OWN_HEADERS.has(header.toLowerCase()), 'the gateway sets this header itself'),
  z.string().regex(/^[\x20-\x7e]*$/, 'not a header value'),
);

const customModel = z.strictObject({
  id: name,
  upstreamModel: name.optional(),
  label: name.optional(),
  /** Needed unless the catalogue has a price for the id. */
  inputUsdPerMtok: usdPerMtok.optional(),
  outputUsdPerMtok: usdPerMtok.optional(),
  cacheReadUsdPerMtok: usdPerMtok.optional(),
  contextTokens: tokens.optional(),
  maxOutputTokens: tokens.optional(),
});

const customProviders = z.array(
  z.strictObject({
    id: z.string().regex(/^custom(-[a-z0-9]+)+$/, 'must look like "custom-name", in lower case'),
    label: name.optional(),
    baseUrl: z.string(),
    apiKey: z.string().optional(),
    onDisconnect: z.enum(['cancel', 'drain']).optional(),
    headers: headers.optional(),
    /** The formats that it speaks, under the same base URL. */
    wires: z.array(z.enum(WIRE_IDS)).min(1).optional(),
    /** Left out where CATALOGUE_OVERRIDES or the file beside it name the provider in their chains. */
    models: z.array(customModel).min(1).optional(),
  }),
);

const DEFAULT_WIRES: readonly WireId[] = ['openai-chat'];

export type CustomModel = z.infer<typeof customModel>;

export interface CustomProvider {
  provider: Provider;
  models: readonly CustomModel[];
  /** Where it stands, for errors: `CUSTOM_PROVIDERS[0]`. */
  path: string;
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${String(part)}`), VARIABLE);

function parseCustomProviders(value: unknown): z.infer<typeof customProviders> {
  // Wrangler hands over a variable that is written as JSON in its configuration already parsed.
  const json = typeof value === 'string' ? parseJson(value) : value;
  if (json === undefined) throw new Error(`${VARIABLE}: not valid JSON.`);
  const result = customProviders.safeParse(json);
  if (result.success) return result.data;
  throw new Error(result.error.issues.map((issue) => `${pathOf(issue.path)}: ${issue.message}`).join('; '));
}

/** The operator's own OpenAI-compatible providers; keys come with them or from `CUSTOM_..._API_KEY`, or there are none. */
export function readCustomProviders(env: Record<string, unknown>): CustomProvider[] {
  const value = env[VARIABLE];
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return [];
  const seen = new Set<string>();
  return parseCustomProviders(value).map((custom, index) => {
    const path = `${VARIABLE}[${index}]`;
    if (seen.has(custom.id)) throw new Error(`${path}.id: ${custom.id} is there twice.`);
    seen.add(custom.id);
    const keyVariable = variableName(custom.id, 'API_KEY');
    const urlVariable = variableName(custom.id, 'BASE_URL');
    const url = variableText(env, urlVariable);
    const baseUrl = url === undefined ? readBaseUrl(custom.baseUrl, `${path}.baseUrl`) : readBaseUrl(url, urlVariable);
    const keys = [...readApiKeys(variableText(env, keyVariable), keyVariable), ...readApiKeys(custom.apiKey, `${path}.apiKey`)];
    return {
      path,
      models: custom.models ?? [],
      provider: {
        spec: {
          id: custom.id,
          label: custom.label ?? custom.id,
          baseUrl,
          wires: (custom.wires ?? DEFAULT_WIRES).map((id) => WIRES[id]),
          // Nothing is known of its meter, so the safe choice.
          onDisconnect: custom.onDisconnect ?? 'drain',
          ...(custom.headers && { headers: custom.headers }),
        },
        baseUrl,
        apiKeys: [...new Set(keys)],
      },
    };
  });
}
