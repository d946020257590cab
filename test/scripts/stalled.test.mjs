import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Owed } from '../owed.ts';
import { Stalled } from '../stalled.ts';

const PROJECT = { config: { hookTimeout: 180_000 } };
const FILE = { type: 'module', id: 'a', relativeModuleId: 'test/a.test.ts', project: PROJECT };
const OTHER = { type: 'module', id: 'b', relativeModuleId: 'test/b.test.ts', project: PROJECT };
const CASE = { type: 'test', id: 'b_0', module: OTHER, fullName: 'b > answers', options: { timeout: 240_000 }, project: PROJECT };
const HOOK = { name: 'beforeAll', entity: OTHER };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function begun(owed = []) {
  const exit = vi.fn();
  const say = vi.fn();
  const run = new Stalled(() => owed, exit, say);
  run.onTestRunStart();
  for (const file of [FILE, OTHER]) run.onTestModuleQueued(file);
  return { run, exit, say };
}

it('ends a run in which a file is never loaded, says which, and asks for another try', () => {
  const { run, exit, say } = begun(['a runtime asked to fetch /src/a.ts']);
  run.onHookStart(HOOK);
  run.onHookEnd(HOOK);
  run.onTestCaseReady(CASE);
  vi.advanceTimersByTime(119_000);
  run.onTestCaseResult(CASE);
  run.onTestModuleEnd(OTHER);
  vi.advanceTimersByTime(119_000);
  expect(exit).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(exit).toHaveBeenCalledExactlyOnceWith(75);
  expect(say.mock.calls[0][0]).toMatch(
    /Still open:\n {2}test\/a\.test\.ts: .*not loaded yet\nWithout an answer:\n {2}a runtime asked to fetch \/src\/a\.ts$/,
  );
});

it.each([
  ['test', 240_000, (run) => run.onTestCaseReady(CASE), 'b > answers'],
  ['hook', 180_000, (run) => run.onHookStart(HOOK), 'beforeAll'],
])('takes a %s that hangs for a failure, and gives it the time that it may take', (_, timeoutMs, begin, name) => {
  const { run, exit, say } = begun();
  begin(run);
  vi.advanceTimersByTime(timeoutMs + 119_000);
  expect(exit).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(exit).toHaveBeenCalledExactlyOnceWith(1);
  expect(say.mock.calls[0][0]).toContain(`test/b.test.ts: ${name}`);
});

it('leaves a run that is over alone', () => {
  const { run, exit } = begun();
  run.onTestRunEnd();
  vi.advanceTimersByTime(900_000);
  expect(exit).not.toHaveBeenCalled();
});

it('knows what a runtime and the server owe each other', () => {
  const owed = new Owed();
  const sent = [];
  const heard = [];
  let say;
  const pool = { name: 'pool', createPoolWorker: () => ({ send: (message) => sent.push(message), on: (_, callback) => (say = callback) }) };
  const project = { config: { poolRunner: pool } };
  owed.plugin.configureVitest({ project });
  expect(project.config.poolRunner.name).toBe('pool');
  const runtime = project.config.poolRunner.createPoolWorker({});
  runtime.on('message', (message) => heard.push(message));

  const said = [{ type: 'started' }, { t: 'q', i: '1', m: 'fetch', a: ['/src/a.ts', null] }, { t: 'q', m: 'onCancel', a: [] }];
  runtime.send({ type: 'start', context: {} });
  for (const message of said) say(message);
  runtime.send({ type: 'run', context: { files: [{ filepath: '/test/a.test.ts' }] } });
  expect(owed.list()).toEqual(['a runtime asked to fetch /src/a.ts', 'the server asked to run /test/a.test.ts']);
  runtime.send({ t: 's', i: '1', r: {} });
  say({ type: 'testfileFinished' });
  expect(owed.list()).toEqual([]);
  expect(sent.map(({ type, t }) => type ?? t)).toEqual(['start', 'run', 's']);
  expect(heard.map(({ type, t }) => type ?? t)).toEqual(['started', 'q', 'q', 'testfileFinished']);
});
