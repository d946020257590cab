/** What a job costs: its hold, and the charge for what was delivered. Pure. */
import { MICRO_PER_CREDIT, type MicroCredits } from '../core/money';
import { FAST_SURCHARGE_PERCENT, type MediaTerms } from '../providers/catalogue/media-terms';
import { audioSeconds } from '../providers/media/audio-length';
import { readSides, tierOfSides } from '../providers/media/dimensions';
import type { MediaInput, MediaSource } from '../providers/media/types';
import type { Price } from '../providers/types';
import type { JobOutputs, JobPlan } from './types';

export type UnitPrice = Exclude<Price, { per: 'token' }>;

/** A picture's tier, `1K`, `2K` or `4K`, by its longer side (1536 still counts as 1K); a film's is its resolution, such as `1080p`. */
function tierOf(input: MediaInput): string {
  if (input.kind === 'video') return input.resolution?.toLowerCase() ?? '';
  if (input.kind !== 'image') return '';
  const sides = readSides(input.size);
  return sides ? tierOfSides(sides) : (input.resolution ?? '1K');
}

/** How many units a recording is billed as. One that was not read yet counts as one. */
export function requestsOf(audio: MediaSource, secondsARequest = Infinity): number {
  if (!('bytes' in audio) || secondsARequest === Infinity) return 1;
  return Math.max(1, Math.ceil(audioSeconds(audio.bytes) / secondsARequest));
}

const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;

function unitsOf(per: UnitPrice['per'], input: MediaInput, { textBytesARequest = Infinity, audioSecondsARequest }: MediaTerms): number {
  if (per === 'image' && input.kind === 'image') return input.count;
  if (per === 'second' && input.kind === 'video') return input.durationSeconds;
  if (per === 'gpu_second' && input.kind === 'gpu') return input.maxSeconds;
  if (per === 'request' && input.kind === 'asr') return requestsOf(input.audio, audioSecondsARequest);
  if (per === 'request' && 'text' in input) return Math.max(1, Math.ceil(utf8Bytes(input.text) / textBytesARequest));
  return 1;
}

/** How many units a picture is billed as; an unknown quality counts as the dearest. */
function picturesIn(input: MediaInput, { pricesByQuality }: MediaTerms): number {
  if (input.kind !== 'image' || input.quality === undefined || !pricesByQuality) return 1;
  const known = Object.hasOwn(pricesByQuality, input.quality) ? pricesByQuality[input.quality] : undefined;
  return known ?? Math.max(...Object.values(pricesByQuality));
}

const upToCredit = (micro: MicroCredits): MicroCredits => Math.ceil(micro / MICRO_PER_CREDIT) * MICRO_PER_CREDIT;

export function priceJob(
  price: UnitPrice,
  terms: MediaTerms,
  input: MediaInput,
  mode: JobPlan['mode'],
): Pick<JobPlan, 'per' | 'unitMicro' | 'units'> {
  const listMicro = (price.tierMicro?.[tierOf(input)] ?? price.micro) * picturesIn(input, terms);
  const percent = mode === 'fast' ? (terms.fastSurchargePercent ?? FAST_SURCHARGE_PERCENT) : 0;
  const unitMicro = percent === 0 ? listMicro : upToCredit((listMicro * (100 + percent)) / 100);
  return { per: price.per, unitMicro, units: unitsOf(price.per, input, terms) };
}

export const estimateMicro = ({ unitMicro, units }: Pick<JobPlan, 'unitMicro' | 'units'>): MicroCredits => Math.ceil(unitMicro * units);

/** The share of the files that could be had: the price is for all, and a lost file is not paid for. */
const shareMicro = (micro: MicroCredits, { files, lostFiles = 0 }: JobOutputs): MicroCredits =>
  lostFiles === 0 ? micro : Math.ceil((micro * files.length) / (files.length + lostFiles));

/** The seconds asked for, where the provider names no length for its film or an impossible one. */
export const secondsMade = ({ units }: Pick<JobPlan, 'units'>, { usage: { seconds } = {} }: Pick<JobOutputs, 'usage'>): number =>
  seconds === undefined || seconds <= 0 ? units : Math.min(units, seconds);

/** The cost of what was delivered at the fixed price; never more than was asked for. */
export function costMicro(plan: Pick<JobPlan, 'per' | 'unitMicro' | 'units'>, outputs: JobOutputs): MicroCredits {
  const { gpuMs } = outputs.usage ?? {};
  switch (plan.per) {
    case 'image':
      return plan.unitMicro * Math.min(plan.units, outputs.files.length);
    case 'second':
      return shareMicro(Math.ceil(plan.unitMicro * secondsMade(plan, outputs)), outputs);
    case 'gpu_second':
      // GPU time is billed in whole credits, as in the documents' examples; without a figure nothing is known to be
      // owed.
      return Math.min(estimateMicro(plan), upToCredit(Math.ceil((plan.unitMicro * Math.max(0, gpuMs ?? 0)) / 1_000)));
    default:
      return shareMicro(estimateMicro(plan), outputs);
  }
}
