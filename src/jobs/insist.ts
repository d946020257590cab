import type { JobDeps } from './deps';

/**
 * Does what exists nowhere else yet, and would be lost with this process, once more after each pause for as long as it
 * fails. The last failure is thrown.
 */
export async function insist<T>(
  { pause }: Pick<JobDeps, 'pause'>,
  pausesMs: readonly number[],
  work: () => Promise<T>,
  failed: (error: unknown) => void,
): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await work();
    } catch (error) {
      failed(error);
      await pause(pauseMs);
    }
  }
  return work();
}
