import { expect, it } from 'vitest';
import { Health } from '../../../src/core/health';
import { noteHealth } from '../../../src/jobs/submit';
import type { FailureAction } from '../../../src/providers/types';

const NOW_MS = 1_000_000;
const failed = (action: FailureAction) => ({ state: 'failed', failure: { action, message: 'no', mayHaveStarted: false } }) as const;

it.each([
  ['done', { state: 'done' } as const, [1, 0]],
  ['that runs', { state: 'running' } as const, [0, 0]],
  ['that failed', failed('next_target'), [0, 1]],
  ['that may be tried again', failed('retry'), [0, 1]],
  ['that was refused for what was asked', failed('caller'), [0, 0]],
  ['that was refused for its key', failed('next_key'), [0, 0]],
  ['that was refused for its haste', failed('backoff_key'), [0, 0]],
])('a job %s counts for and against its provider', (_what, step, [successes, failures]) => {
  const health = new Health();
  noteHealth({ health, now: () => NOW_MS } as Parameters<typeof noteHealth>[0], 'up', step);
  expect(health.seen('up', 1, NOW_MS)).toMatchObject({ successes, failures });
});

it('a job that says nothing of its provider leaves one on probation to the next', () => {
  const health = new Health();
  for (let time = 0; time < 5; time++) health.failed('up', NOW_MS);
  const nowMs = NOW_MS + 31_000;
  health.begin('up');
  expect(health.allows('up', nowMs)).toBe(false);
  noteHealth({ health, now: () => nowMs } as Parameters<typeof noteHealth>[0], 'up', { state: 'running' });
  expect(health.allows('up', nowMs)).toBe(true);
});
