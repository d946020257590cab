/** When to look at a job again. Pure except for chance. */
import type { MediaKind } from '../providers/media/types';

const QUICK_SECONDS = [1, 1, 2, 2, 3, 5, 5, 10, 15, 30];
const SLOW_SECONDS = [2, 3, 5, 5, 10, 10, 15, 15, 30];
const COPY_SECONDS = [2, 5, 15, 30, 60, 120, 300];
const QUICK_KINDS: readonly MediaKind[] = ['image', 'tts', 'clone', 'asr', 'gpu'];
/** Keeps jobs that were asked for together from being polled together. */
const JITTER = 0.2;

/** How long the sweeper waits beyond the time at which somebody should have looked. */
export const SWEEP_AFTER_MS = 60_000;

const at = (seconds: readonly number[], turn: number): number => seconds[Math.min(turn, seconds.length - 1)]!;

export function pollDelaySeconds(kind: MediaKind, turn: number, chance = Math.random()): number {
  const seconds = at(QUICK_KINDS.includes(kind) ? QUICK_SECONDS : SLOW_SECONDS, turn);
  return seconds < 5 ? seconds : Math.round(seconds * (1 - JITTER + 2 * JITTER * chance));
}

/** Tries to copy a result, including the first. */
export const MAX_COPY_TRIES = COPY_SECONDS.length + 1;

/** Undefined once the copy is given up. */
export const copyDelaySeconds = (tries: number): number | undefined => (tries <= COPY_SECONDS.length ? COPY_SECONDS[tries - 1] : undefined);
