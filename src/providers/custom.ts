import * as z from 'zod';
import { WIRE_IDS, type WireId } from '../core/wire-id';
import { headersSchema, nameSchema, providerIdSchema, readJsonVariable, readReach } from './custom-config';
import type { Provider } from './types';
import { WIRES } from './wires';

const VARIABLE = 'CUSTOM_PROVIDERS';

const usdPerMtok = z.number().min(0).max(100_000);
const tokens = z.int().min(1).max(100_000_000);

const customModel = z.strictObject({
  id: nameSchema,
  upstreamModel: nameSchema.optional(),
  label: nameSchema.optional(),
  /** Required unless the catalogue has a price for the id. */
  inputUsdPerMtok: usdPerMtok.optional(),
  outputUsdPerMtok: usdPerMtok.optional(),
  cacheReadUsdPerMtok: usdPerMtok.optional(),
  contextTokens: tokens.optional(),
  maxOutputTokens: tokens.optional(),
});

const customProviders = z.array(
  z.strictObject({
    id: providerIdSchema,
    label: nameSchema.optional(),
    baseUrl: z.string(),
    apiKey: z.string().optional(),
    onDisconnect: z.enum(['cancel', 'drain']).optional(),
    headers: headersSchema.optional(),
    /** For an upstream that silently ignores `max_completion_tokens`. One that refuses it needs no entry. */
    boundName: z.literal('max_tokens').optional(),
    /** The formats that it speaks, all under the same base URL. */
    wires: z.array(z.enum(WIRE_IDS)).min(1).optional(),
    /** Left out where the chains of CATALOGUE_OVERRIDES, or of the catalogue's file, name the provider. */
    models: z.array(customModel).min(1).optional(),
  }),
);

const DEFAULT_WIRES: readonly WireId[] = ['openai-chat'];

export type CustomModel = z.infer<typeof customModel>;

export interface CustomProvider {
  provider: Provider;
  models: readonly CustomModel[];
  /** Where it is configured, for errors: `CUSTOM_PROVIDERS[0]`. */
  path: string;
}

/** The operator's own OpenAI-compatible providers. Keys are in their entry, in `CUSTOM_..._API_KEY`, or there are none. */
export function readCustomProviders(env: Record<string, unknown>): CustomProvider[] {
  const seen = new Set<string>();
  return (readJsonVariable(env, VARIABLE, customProviders) ?? []).map((custom, index) => {
    const path = `${VARIABLE}[${index}]`;
    if (seen.has(custom.id)) throw new Error(`${path}.id: ${custom.id} is there twice.`);
    seen.add(custom.id);
    const { baseUrl, apiKeys } = readReach(custom, path, env);
    return {
      path,
      models: custom.models ?? [],
      provider: {
        spec: {
          id: custom.id,
          label: custom.label ?? custom.id,
          baseUrl,
          wires: (custom.wires ?? DEFAULT_WIRES).map((id) => WIRES[id]),
          // The safe choice, since nothing is known of its billing.
          onDisconnect: custom.onDisconnect ?? 'drain',
          ...(custom.headers && { headers: custom.headers }),
          ...(custom.boundName && { boundName: custom.boundName }),
        },
        baseUrl,
        apiKeys,
      },
    };
  });
}
