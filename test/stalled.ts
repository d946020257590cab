import type { ReportedHookContext, Reporter, TestCase, TestModule } from 'vitest/node';

/** A run this long without a word is over, unless a test or a hook may take longer by its own timeout. On one busy core it was 22 s at most. */
const SILENCE_MS = 120_000;
/** EX_TEMPFAIL of sysexits.h: `.ci/run` runs the tests once more. */
const TRY_AGAIN = 75;
const FAILED = 1;

interface Running {
  name: string;
  timeoutMs: number;
}

/**
 * Ends a run that has come to a halt. A test that never ends fails by its timeout, but loading a file has none: Vitest
 * would wait forever for a module that its server never sends.
 */
export class Stalled implements Reporter {
  #open = new Map<string, { name: string; running: Map<string, Running> }>();
  #timer: NodeJS.Timeout | undefined;
  readonly #owed: () => string[];
  readonly #exit: (code: number) => void;
  readonly #say: (words: string) => void;

  constructor(owed: () => string[], exit: (code: number) => void = process.exit, say: (words: string) => void = console.error) {
    this.#owed = owed;
    this.#exit = exit;
    this.#say = say;
  }

  #hear(): void {
    clearTimeout(this.#timer);
    const timeoutsMs = [...this.#open.values()].flatMap(({ running }) => [...running.values()].map(({ timeoutMs }) => timeoutMs));
    const silenceMs = SILENCE_MS + Math.max(0, ...timeoutsMs);
    this.#timer = setTimeout(() => this.#end(silenceMs), silenceMs);
    this.#timer.unref();
  }

  #end(silenceMs: number): void {
    const open = [...this.#open.values()].map(({ name, running }) => {
      const names = [...running.values()].map((one) => one.name);
      return `  ${name}: ${names.length === 0 ? 'between tests, or not loaded yet' : names.join(', ')}`;
    });
    const owed = this.#owed().map((asked) => `  ${asked}`);
    this.#say([`Nothing has happened for ${silenceMs / 1000} s. Still open:`, ...open, 'Without an answer:', ...owed].join('\n'));
    this.#exit([...this.#open.values()].some(({ running }) => running.size > 0) ? FAILED : TRY_AGAIN);
  }

  onTestRunStart(): void {
    this.#hear();
  }

  onTestModuleQueued(module: TestModule): void {
    this.#open.set(module.id, { name: module.relativeModuleId, running: new Map() });
    this.#hear();
  }

  onHookStart({ name, entity }: ReportedHookContext): void {
    // A test's own hooks are in its time.
    if (entity.type !== 'test')
      this.#begin(entity.type === 'module' ? entity : entity.module, entity.id, name, entity.project.config.hookTimeout);
    this.#hear();
  }

  onHookEnd({ entity }: ReportedHookContext): void {
    if (entity.type !== 'test') this.#open.get((entity.type === 'module' ? entity : entity.module).id)?.running.delete(entity.id);
    this.#hear();
  }

  onTestCaseReady(test: TestCase): void {
    this.#begin(test.module, test.id, test.fullName, Math.max(test.options.timeout ?? 0, test.project.config.hookTimeout));
    this.#hear();
  }

  onTestCaseResult(test: TestCase): void {
    this.#open.get(test.module.id)?.running.delete(test.id);
    this.#hear();
  }

  onTestModuleEnd(module: TestModule): void {
    this.#open.delete(module.id);
    this.#hear();
  }

  onTestRunEnd(): void {
    clearTimeout(this.#timer);
  }

  #begin(module: TestModule, id: string, name: string, timeoutMs: number): void {
    this.#open.get(module.id)?.running.set(id, { name, timeoutMs });
  }
}
