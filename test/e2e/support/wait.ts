import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than anything takes that happens at all, even on a busy machine. */
const PATIENCE_MS = 20_000;

/** Asks until the answer is neither false nor undefined; the error says what it waited for. */
export async function until<T>(what: string, ask: () => T | Promise<T>, patienceMs = PATIENCE_MS): Promise<NonNullable<Exclude<T, false>>> {
  for (const end = Date.now() + patienceMs; ; await sleep(15)) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<Exclude<T, false>>;
    if (Date.now() > end) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
  }
}

/** A promise that a test resolves at the right moment. */
export interface Gate {
  opened: Promise<void>;
  open: () => void;
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** Runs `work` for all numbers, at most `atOnce` at a time. */
export async function forEach(count: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
