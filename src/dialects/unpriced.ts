import { fail } from '../core/errors';
import { isRecord, listOf } from '../core/record';
import { folded } from './known-names';

/** Accepts values that cost no more than the model's price. */
const isOrdinary =
  (...values: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && values.includes(value.toLowerCase());

/**
 * `flex` and `auto` cost no more than the price: https://platform.openai.com/docs/guides/priority-processing and
 * https://platform.claude.com/docs/en/api/service-tiers
 */
const ordinaryTier = isOrdinary('auto', 'default', 'flex', 'standard', 'standard_only');
const never = (): boolean => false;

/**
 * Fields that make an answer dearer than the model's price, by a factor or fee that usage does not show; each with a
 * test for the values that do not.
 */
const UNPRICED: Readonly<Record<string, (value: unknown) => boolean>> = {
  service_tier: ordinaryTier,
  serviceTier: ordinaryTier,
  // https://platform.claude.com/docs/en/build-with-claude/fast-mode
  speed: isOrdinary('standard'),
  // https://platform.claude.com/docs/en/build-with-claude/data-residency
  inference_geo: isOrdinary('global'),
  // https://platform.openai.com/docs/guides/tools-web-search?api-mode=chat
  web_search_options: never,
};

export const UNPRICED_FIELDS: readonly string[] = Object.keys(UNPRICED);

const BY_NAME = new Map(Object.entries(UNPRICED).map(([name, isPriced]) => [folded(name), isPriced]));

/**
 * Tools that call a model of their own, at that model's price:
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool
 */
const UNPRICED_TOOL = /^advisor_/;
/**
 * SVG is written by a text model of the caller's choice, at that model's price:
 * https://platform.openai.com/docs/guides/tools-image-generation
 */
const DRAWN = 'svg';
/** A larger container costs a multiple: https://platform.openai.com/docs/pricing#built-in-tools */
const ORDINARY_MEMORY = '1g';

const refuse = (param: string, what = 'has no price here') =>
  fail('invalid_request', `The field \`${param}\` ${what}, so it cannot be asked for.`, { param, code: 'unsupported_value' });

/** The refusal of something that could not be charged for; undefined where there is none. */
export function refuseUnpriced(fields: Record<string, unknown>): ReturnType<typeof refuse> | undefined {
  for (const [name, value] of Object.entries(fields)) {
    const isPriced = BY_NAME.get(folded(name));
    if (isPriced && value !== null && !isPriced(value)) return refuse(name, 'asks for what has no price here');
  }
  for (const [param, tool] of toolsOf(fields)) {
    if (typeof tool.type === 'string' && UNPRICED_TOOL.test(tool.type)) return refuse(`${param}.type`);
    if (tool.output_format === DRAWN) return refuse(`${param}.output_format`);
    for (const name of ['container', 'environment']) {
      const place = tool[name];
      const memory = isRecord(place) ? (place.memory_limit ?? ORDINARY_MEMORY) : ORDINARY_MEMORY;
      if (memory !== ORDINARY_MEMORY) return refuse(`${param}.${name}.memory_limit`);
    }
  }
  return undefined;
}

/** The tools of a request, each with its position; some clients put tools into the input. */
export function toolsOf({ tools, input }: Record<string, unknown>): [param: string, tool: Record<string, unknown>][] {
  const listed = (list: unknown, at: string): [string, Record<string, unknown>][] =>
    Array.isArray(list) ? list.flatMap((tool: unknown, index) => (isRecord(tool) ? [[`${at}[${index}]`, tool]] : [])) : [];
  const items = listOf(input);
  const inside = items.flatMap((item, index) =>
    isRecord(item) && item.type === 'additional_tools' ? listed(item.tools, `input[${index}].tools`) : [],
  );
  return [...listed(tools, 'tools'), ...inside];
}
