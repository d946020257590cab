import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Stalled } from '../stalled.ts';

const FILE = { id: 'a', relativeModuleId: 'test/a.test.ts' };
const OTHER = { id: 'b', relativeModuleId: 'test/b.test.ts' };
const CASE = { module: OTHER, fullName: 'b > answers', options: { timeout: 60_000 } };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function begun() {
  const exit = vi.fn();
  const say = vi.fn();
  const run = new Stalled(exit, say);
  run.onTestRunStart();
  for (const file of [FILE, OTHER]) run.onTestModuleQueued(file);
  return { run, exit, say };
}

it('ends a run in which a file is never loaded, says which, and asks for another try', () => {
  const { run, exit, say } = begun();
  run.onTestCaseReady(CASE);
  vi.advanceTimersByTime(299_000);
  run.onTestCaseResult(CASE);
  run.onTestModuleEnd(OTHER);
  vi.advanceTimersByTime(299_000);
  expect(exit).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(exit).toHaveBeenCalledExactlyOnceWith(75);
  expect(say.mock.calls[0][0]).toMatch(/Still open:\n {2}test\/a\.test\.ts: .*not loaded yet$/);
});

it('takes a test that hangs for a failure', () => {
  const { run, exit, say } = begun();
  run.onTestCaseReady(CASE);
  vi.advanceTimersByTime(359_000);
  expect(exit).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(exit).toHaveBeenCalledExactlyOnceWith(1);
  expect(say.mock.calls[0][0]).toContain('test/b.test.ts: b > answers');
});

it('leaves a run that is over alone', () => {
  const { run, exit } = begun();
  run.onTestRunEnd();
  vi.advanceTimersByTime(900_000);
  expect(exit).not.toHaveBeenCalled();
});
