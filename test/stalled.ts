import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** A run this long without a word is over, unless a test may take longer by its own timeout: hooks have three minutes at most. */
const SILENCE_MS = 300_000;
/** EX_TEMPFAIL of sysexits.h: `.ci/run` runs the tests once more. */
const TRY_AGAIN = 75;
const FAILED = 1;

/**
 * Ends a run that has come to a halt. A test that never ends fails by its timeout, but loading a file has none: Vitest
 * would wait forever for a module that its server never sends.
 */
export class Stalled implements Reporter {
  #open = new Map<string, { name: string; cases: Map<string, number> }>();
  #timer: NodeJS.Timeout | undefined;
  readonly #exit: (code: number) => void;
  readonly #say: (words: string) => void;

  constructor(exit: (code: number) => void = process.exit, say: (words: string) => void = console.error) {
    this.#exit = exit;
    this.#say = say;
  }

  #hear(): void {
    clearTimeout(this.#timer);
    const timeoutsMs = [...this.#open.values()].flatMap(({ cases }) => [...cases.values()]);
    const silenceMs = SILENCE_MS + Math.max(0, ...timeoutsMs);
    this.#timer = setTimeout(() => this.#end(silenceMs), silenceMs);
    this.#timer.unref();
  }

  #end(silenceMs: number): void {
    const open = [...this.#open.values()];
    const lines = open.map(
      ({ name, cases }) => `  ${name}: ${cases.size === 0 ? 'between tests, or not loaded yet' : [...cases.keys()].join(', ')}`,
    );
    this.#say(`Nothing has happened for ${silenceMs / 1000} s. Still open:\n${lines.join('\n')}`);
    this.#exit(open.some(({ cases }) => cases.size > 0) ? FAILED : TRY_AGAIN);
  }

  onTestRunStart(): void {
    this.#hear();
  }

  onTestModuleQueued(module: TestModule): void {
    this.#open.set(module.id, { name: module.relativeModuleId, cases: new Map() });
    this.#hear();
  }

  onTestCaseReady(test: TestCase): void {
    this.#open.get(test.module.id)?.cases.set(test.fullName, test.options.timeout ?? 0);
    this.#hear();
  }

  onTestCaseResult(test: TestCase): void {
    this.#open.get(test.module.id)?.cases.delete(test.fullName);
    this.#hear();
  }

  onTestModuleEnd(module: TestModule): void {
    this.#open.delete(module.id);
    this.#hear();
  }

  onTestRunEnd(): void {
    clearTimeout(this.#timer);
  }
}
