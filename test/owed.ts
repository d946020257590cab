import type { PoolRunnerInitializer, PoolWorker, VitestPluginContext } from 'vitest/node';

interface Said {
  type?: string;
  context?: { files?: { filepath: string }[] };
  t?: string;
  i?: string;
  m?: string;
  a?: unknown[];
}

const ENDS: Record<string, string> = { started: 'start', testfileFinished: 'run', stopped: 'stop' };

/** What the runtimes and Vitest's server have asked each other and not been answered: in a run that halts, one of these was lost. */
export class Owed {
  readonly #answers: Map<string, string>[] = [];

  list(): string[] {
    return this.#answers.flatMap((answers) => [...answers.values()]);
  }

  /** Hears every message of a project whose pool is not Vitest's own. */
  readonly plugin = {
    name: 'owed-answers',
    configureVitest: ({ project }: Pick<VitestPluginContext, 'project'>): void => {
      const runner = project.config.poolRunner;
      if (runner) project.config.poolRunner = this.overheard(runner);
    },
  };

  overheard(runner: PoolRunnerInitializer): PoolRunnerInitializer {
    return { ...runner, createPoolWorker: (options) => this.#overhear(runner.createPoolWorker(options)) };
  }

  #overhear(worker: PoolWorker): PoolWorker {
    const answers = new Map<string, string>();
    this.#answers.push(answers);
    const hear = (by: string, { type = '', context, t, i = '', m, a }: Said): void => {
      if (t === 'q' && i) answers.set(i, `${by} asked to ${[m, ...(a ?? []).filter((word) => typeof word === 'string')].join(' ')}`);
      else if (t === 's') answers.delete(i);
      else if (ENDS[type]) answers.delete(ENDS[type]);
      else if (type) answers.set(type, `${by} asked to ${[type, ...(context?.files ?? []).map((file) => file.filepath)].join(' ')}`);
    };
    const send = worker.send.bind(worker);
    const on = worker.on.bind(worker);
    worker.send = (message) => {
      hear('the server', message as Said);
      return send(message);
    };
    worker.on = (event, callback) =>
      on(event, (said: unknown) => {
        if (event === 'message') hear('a runtime', said as Said);
        callback(said);
      });
    return worker;
  }
}
