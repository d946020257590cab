import { z } from 'zod';
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
  /** Needed unless the catalogue has a price for the id. */
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
    /** Given where it passes over `max_completion_tokens` in silence; one that refuses it needs nothing. */
    boundName: z.literal('max_tokens').optional(),
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

/** The operator's own OpenAI-compatible providers; keys come with them or from `CUSTOM_..._API_KEY`, or there are none. */
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
          // Nothing is known of its meter, so the safe choice.
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
