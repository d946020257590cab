/** The GPUs in each pool. */
import { toCredits } from '../core/money';
import { GPU_POOL_MICRO } from '../providers/catalogue/media-terms';

/** https://docs.runpod.io/references/gpu-types */
const POOLS: Record<string, { label: string; gigabytes: number }> = {
  AMPERE_16: { label: 'A4000, RTX 4000', gigabytes: 16 },
  AMPERE_24: { label: 'L4, A5000, 3090', gigabytes: 24 },
  ADA_24: { label: '4090', gigabytes: 24 },
  AMPERE_48: { label: 'A6000, A40', gigabytes: 48 },
  ADA_48_PRO: { label: 'L40, L40S, 6000 Ada', gigabytes: 48 },
  AMPERE_80: { label: 'A100', gigabytes: 80 },
  ADA_80_PRO: { label: 'H100', gigabytes: 80 },
  HOPPER_141: { label: 'H200', gigabytes: 141 },
};

export interface Gpu {
  id: string;
  label: string;
  gigabytes: number;
  /** A second. */
  credits: number;
}

export const GPUS: readonly Gpu[] = Object.entries(GPU_POOL_MICRO).flatMap(([id, micro]) => {
  const pool = POOLS[id];
  return pool ? [{ id, ...pool, credits: toCredits(micro) }] : [];
});

export const WEIGHTS = [
  { id: '16', label: '16 bits', bytes: 2 },
  { id: '8', label: '8 bits', bytes: 1 },
  { id: '4', label: '4 bits', bytes: 0.5 },
] as const;

/** The weights plus a fifth for cache and activations, and a gigabyte for the runtime. */
export const gigabytesNeeded = (billions: number, bytesPerWeight: number): number => billions * bytesPerWeight * 1.2 + 1;

export const recommend = (gigabytes: number): Gpu | undefined =>
  GPUS.filter((gpu) => gpu.gigabytes >= gigabytes).toSorted((a, b) => a.credits - b.credits)[0];
