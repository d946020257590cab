/** The schema of the operator's catalogue changes, with readable errors. */
import * as z from 'zod';
import { FAMILIES } from '../../core/family';
import { type Position, pathText, readJson } from '../../core/json-position';
import { PRICE_FACTORS } from '../../core/money';
import { TIERS } from '../../core/tiers';
import { WIRE_IDS } from '../../core/wire-id';

const name = z.string().trim().min(1).max(200);
const usd = z.number().min(0).max(100_000);
const tokens = z.int().min(1).max(100_000_000);
const tierIds = TIERS.map(({ id }) => id).filter((id) => id !== 'free') as ['starter', 'growth', 'scale'];

const textPrice = {
  inputUsdPerMtok: usd,
  outputUsdPerMtok: usd,
  cacheReadUsdPerMtok: usd.optional(),
  cacheWrite5mUsdPerMtok: usd.optional(),
  cacheWrite1hUsdPerMtok: usd.optional(),
};

const tokenPrice = z.strictObject({
  ...textPrice,
  longPrompts: z
    .array(z.strictObject({ aboveTokens: tokens, ...textPrice }))
    .min(1)
    .max(10)
    .refine((steps) => steps.every(({ aboveTokens }, index) => index === 0 || aboveTokens > steps[index - 1]!.aboveTokens), {
      message: 'must name the lengths from the shortest to the longest, each once',
    })
    .optional(),
  audioInputUsdPerMtok: usd.optional(),
  audioOutputUsdPerMtok: usd.optional(),
  imageInputUsdPerMtok: usd.optional(),
  imageOutputUsdPerMtok: usd.optional(),
  webSearchUsd: usd.optional(),
  fileSearchUsd: usd.optional(),
  containerUsd: usd.optional(),
  groundedPromptUsd: usd.optional(),
  groundingQueryUsd: usd.optional(),
  mapPromptUsd: usd.optional(),
});
const TIER = /^(?:0\.5K|[124]K|\d{3,4}p)$/;

const unitPrice = z.strictObject({
  per: z.enum(['image', 'second', 'clip', 'request', 'gpu_second']),
  usd,
  /** By a picture's size tier or a film's resolution. */
  tiersUsd: z
    .record(z.string(), usd)
    .refine((tiers) => Object.keys(tiers).every((tier) => TIER.test(tier)), 'must name tiers such as 2K or 1080p')
    .optional(),
});

const NO_FIELD = 'there is no such field';

/** A missing field is called needed rather than of a wrong type. */
const WORDS: z.core.ParseContext<z.core.$ZodIssue> = {
  error: ({ code, input }) => (code === 'invalid_type' && input === undefined ? 'needed' : undefined),
};

/** Chosen by `per` first, so that errors are about the shape that was meant. */
const price = z.unknown().transform((value, context): z.infer<typeof tokenPrice> | z.infer<typeof unitPrice> | null => {
  if (value === null) return null;
  const isUnit = typeof value === 'object' && value !== null && 'per' in value;
  const parsed = (isUnit ? unitPrice : tokenPrice).safeParse(value, WORDS);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues)
    for (const key of issue.code === 'unrecognized_keys' ? issue.keys : [undefined])
      context.addIssue(
        key === undefined
          ? { code: 'custom', path: issue.path, message: issue.message }
          : { code: 'custom', path: [...issue.path, key], message: NO_FIELD },
      );
  return z.NEVER;
});

const target = z.strictObject({
  provider: name,
  model: name,
  wires: z.array(z.enum(WIRE_IDS)).min(1).optional(),
  toolWires: z.array(z.enum(WIRE_IDS)).min(1).optional(),
  modelWithReferences: name.optional(),
  defaults: z.record(z.string(), z.unknown()).optional(),
});

const model = z.strictObject({
  id: name,
  label: name.optional(),
  vendor: name.optional(),
  /** Required for a new model, fixed for an existing one. */
  family: z.enum(FAMILIES).optional(),
  chain: z.array(target).max(20).optional(),
  /** `null` takes the model off sale: it stays listed but cannot be called. */
  price: price.optional(),
  contextTokens: tokens.optional(),
  maxOutputTokens: tokens.optional(),
  capabilities: z.array(z.enum(['vision', 'tools', 'reasoning', 'audio', 'structured_output'])).optional(),
  minimumTier: z.enum(tierIds).optional(),
  aliases: z.array(name).max(50).optional(),
  note: name.optional(),
});

const document = z.strictObject({
  /** A factor for the prices of all models, except those priced here. */
  priceFactor: z.number().min(PRICE_FACTORS.least).max(PRICE_FACTORS.most).multipleOf(PRICE_FACTORS.step).optional(),
  models: z.array(model).max(2_000),
});

export type ModelOverride = z.infer<typeof model>;

export interface CatalogueError extends Position {
  /** For example `models[2].price.inputUsdPerMtok`; empty where the whole text is at fault. */
  field: string;
  message: string;
}

export interface ParsedOverrides {
  priceFactor: number | undefined;
  models: readonly ModelOverride[];
  errorAt: (path: readonly PropertyKey[], message: string) => CatalogueError;
}

export type OverridesResult<T> = { ok: true; value: T } | { ok: false; errors: readonly CatalogueError[] };

export function parseOverrides(text: string): OverridesResult<ParsedOverrides> {
  const read = readJson(text);
  if (!read.ok) return { ok: false, errors: [{ line: read.line, column: read.column, field: '', message: read.message }] };
  const errorAt = (path: readonly PropertyKey[], message: string): CatalogueError => ({
    ...read.positionOf(path),
    field: pathText(path),
    message,
  });
  const parsed = document.safeParse(read.value, WORDS);
  if (parsed.success) {
    const { priceFactor, models } = parsed.data;
    return { ok: true, value: { priceFactor, models, errorAt } };
  }
  const errors = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => errorAt([...issue.path, key], NO_FIELD))
      : [errorAt(issue.path, issue.message)],
  );
  return { ok: false, errors };
}

/** `line 3, models[0].price: needed`, as in the log and in the operator's command. */
export const errorText = ({ line, field, message }: CatalogueError): string => `line ${line}${field && `, ${field}`}: ${message}`;
