import { MICRO_PER_USD } from '../../core/money';
import { recordOf } from '../../core/record';
import type { Usage } from '../../core/usage';
import type { ProviderQuirks } from '../types';

/** No call costs this much; a larger figure is an upstream's mistake and must not be charged. */
const MOST_USD = 1_000;
/** Smaller differences are rounding: even the cheapest search costs several times more. */
const LEAST_BESIDE_MICRO = 10_000;

const microOf = (usd: unknown): number | undefined =>
  typeof usd === 'number' && usd >= 0 && usd <= MOST_USD ? Math.round(usd * MICRO_PER_USD) : undefined;

/**
 * What an upstream's own bill adds: what is billed beside the tokens or, where it does not separate these, everything
 * (https://openrouter.ai/docs/guides/administration/usage-accounting). With the operator's own key, `cost` is only a
 * fee, and the bill is the other upstream's.
 */
export function billedBy(
  usage: Record<string, unknown>,
  { reportsBill }: ProviderQuirks,
): Pick<Usage, 'billedBesideMicro' | 'billedWholeMicro'> {
  const details = recordOf(usage.cost_details);
  const whole = microOf(usage.is_byok === true ? details.upstream_inference_cost : usage.cost);
  if (!reportsBill || whole === undefined) return { billedBesideMicro: 0, billedWholeMicro: 0 };
  const input = microOf(details.upstream_inference_prompt_cost ?? details.upstream_inference_input_cost);
  const output = microOf(details.upstream_inference_completions_cost ?? details.upstream_inference_output_cost);
  if (input === undefined || output === undefined) return { billedBesideMicro: 0, billedWholeMicro: whole };
  const beside = whole - input - output;
  return { billedBesideMicro: beside < LEAST_BESIDE_MICRO ? 0 : beside, billedWholeMicro: 0 };
}
