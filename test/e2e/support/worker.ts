/** The built Worker in workerd, over real HTTP on a free port, with a state folder of its own. */
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReady, readyBundle } from '../../../scripts/lib/bundle.mjs';
import { logTail, startGateway, waitForHealth } from '../../../scripts/lib/gateway-process.mjs';
import { killGroup } from '../../../scripts/lib/lock.mjs';
import { ROOT, statePaths } from '../../../scripts/lib/paths.mjs';
import { serveGateway } from '../../../scripts/lib/serve.mjs';
import { keptDirectory } from '../../in-memory';
import { forget, remember } from './known-workers';
import { childListeningOn } from './listening';
import { until } from './wait';

export const KEY_MAC_SECRET = 'the-secret-of-the-tests-0123456789-abcdef';
export const ADMIN_TOKEN = 'the-operator-of-the-tests';
export const AUTH_SECRET = 'the-session-secret-of-the-tests-0123456789';

const START_MS = 120_000;
const PORT_TRIES = 3;
/** The folder of a gateway's databases, objects and files within its state folder. */
const DATA = 'v3';

export type Variables = Record<string, string | number>;

interface Options {
  inspected?: boolean;
  /** A process of its own around workerd, as with `npm start`. Otherwise all files share one, which starts in a third of the time. */
  ownProcess?: boolean;
  /** Mails are written to files, unless sent by Cloudflare's binding or by a provider. */
  mailBy?: 'binding' | 'provider';
  /** Where the Worker's requests to a host go instead. */
  hosts?: Record<string, string>;
}

interface Running {
  /** Ends the process of the Worker at once. */
  kill: () => Promise<unknown>;
  ready: Promise<unknown>;
  stop: () => Promise<unknown>;
}

/** One bundle for all files and all runs; it is checked against the sources and rebuilt when they changed. */
const KEPT_BUNDLE = join(keptDirectory(), `gateway-e2e-bundle-${createHash('sha256').update(ROOT).digest('hex').slice(0, 12)}`);
const LOCK = `${KEPT_BUNDLE}.lock`;
/** A gateway's state after its first start, which every Worker starts with a copy of. It is removed when the bundle is rebuilt. */
const FIRST_STATE = join(KEPT_BUNDLE, 'first-state');

function lockIsStale(): boolean {
  try {
    process.kill(Number(readFileSync(join(LOCK, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
    // A fresh one's owner may not have signed the folder yet.
    return existsSync(LOCK) && Date.now() - statSync(LOCK).mtimeMs > 5_000;
  }
}

/** Once in each file, and one at a time: bundling takes both cores, and the second one finds it done. */
async function makeBundle() {
  await until(
    'the lock of the bundle',
    () => {
      try {
        mkdirSync(LOCK);
        writeFileSync(join(LOCK, 'pid'), String(process.pid));
        return true;
      } catch {
        if (lockIsStale()) rmSync(LOCK, { recursive: true, force: true });
        return false;
      }
    },
    START_MS,
  );
  try {
    if (!isReady(ROOT, KEPT_BUNDLE) || !existsSync(FIRST_STATE)) await makeBoth();
    return await readyBundle(ROOT, KEPT_BUNDLE);
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

/** In a process of its own: bundling leaves so much behind that every later start would take three times as long. */
async function makeBoth(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-e2e-'));
  try {
    await onFreePort(async (port) => {
      const gateway = startGateway({ paths: { ...statePaths(directory), build: KEPT_BUNDLE }, port, variables: {} });
      await gateway.ready.finally(gateway.stop);
    });
    cpSync(join(directory, DATA), FIRST_STATE, { recursive: true });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

let bundle: ReturnType<typeof makeBundle> | undefined;

function bundleReady(): ReturnType<typeof makeBundle> {
  bundle ??= makeBundle().catch((error: unknown) => {
    bundle = undefined;
    throw error;
  });
  return bundle;
}

const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });

/** A free port may be taken by a connection of another file before it is used, and then another is tried. */
async function onFreePort(start: (port: number) => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (tries === PORT_TRIES || !/address already in use/i.test(String(error))) throw error;
    }
  }
}

let shared: Promise<Worker> | undefined;

interface Job {
  paths: Record<string, string>;
  port: number;
  variables: Record<string, string>;
  inspectorPort: number | undefined;
  mailBy: Options['mailBy'];
  hosts: Options['hosts'];
  migrated: boolean;
}

function startApart(job: Job): Running {
  const { pid, gone, ready, stop } = startGateway(job);
  const kill = () => {
    if (pid !== undefined) killGroup(pid, 'SIGKILL');
    return gone;
  };
  return { kill, ready, stop };
}

export class Worker {
  url = '';
  /** Where V8's inspector listens, if it was asked for. */
  inspectorPort: number | undefined;
  readonly directory = mkdtempSync(join(tmpdir(), 'gateway-e2e-'));
  private readonly paths = { ...statePaths(this.directory), build: KEPT_BUNDLE };
  private running: Running | undefined;

  private constructor(
    private readonly variables: Record<string, string>,
    private readonly options: Options,
  ) {}

  static async start(variables: Variables, options: Options = {}): Promise<Worker> {
    const texts = Object.entries({ KEY_MAC_SECRET, ADMIN_TOKEN, AUTH_SECRET, SIGN_IN_LIMITS: '0', ...variables }).map(([name, value]) => [
      name,
      String(value),
    ]);
    const worker = new Worker(Object.fromEntries(texts), options);
    try {
      await bundleReady();
      cpSync(FIRST_STATE, join(worker.directory, DATA), { recursive: true });
      await worker.run();
    } catch (error) {
      await worker.stop();
      throw error;
    }
    return worker;
  }

  /** For files that make accounts of their own and change nothing else: all those in a process share one Worker, which ends with it. */
  static shared(): Promise<Worker> {
    shared ??= Worker.start({ LOCAL: '1' }).then((worker) => Object.assign(worker, { stop: async () => {} }));
    return shared;
  }

  /** Starts it on its state; after `kill`, on what the crash left. */
  async run(changed: Variables = {}): Promise<void> {
    for (const [name, value] of Object.entries(changed)) this.variables[name] = String(value);
    await onFreePort((port) => {
      this.running = undefined;
      return this.runOn(port);
    });
  }

  private async runOn(port: number): Promise<void> {
    const { inspected, ownProcess, mailBy, hosts } = this.options;
    this.inspectorPort = inspected ? await freePort() : undefined;
    const { paths, variables, inspectorPort } = this;
    const job: Job = { paths, port, variables, inspectorPort, mailBy, hosts, migrated: true };
    this.running = ownProcess ? startApart(job) : await this.startHere(job);
    try {
      await this.running.ready;
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${logTail(this.paths.log, { lines: 40 })}`);
    }
    this.url = `http://127.0.0.1:${port}`;
    await waitForHealth(this.url);
    await remember(this.url);
  }

  private async startHere(job: Job): Promise<Running> {
    const log = (line: string) => appendFileSync(this.paths.log, `${line}\n`);
    const starting = serveGateway(await bundleReady(), job, { log });
    const stop = async () => (await starting).stop();
    const kill = () => {
      process.kill(childListeningOn(job.port), 'SIGKILL');
      return stop();
    };
    return { ready: starting, stop, kill };
  }

  /** As in a power failure, nothing gets a chance to clean up. */
  async kill(): Promise<void> {
    await this.running?.kill();
    await until('workerd to be gone', async () => !(await this.answers()));
    forget(this.url);
    this.running = undefined;
  }

  private answers(): Promise<boolean> {
    return fetch(`${this.url}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      () => false,
    );
  }

  async stop(): Promise<void> {
    await this.running?.stop();
    forget(this.url);
    this.running = undefined;
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Its log, for errors that no answer shows. */
  log(): string {
    return existsSync(this.paths.log) ? readFileSync(this.paths.log, 'utf8') : '';
  }

  /** Calls the operator's API. */
  async admin<T = Record<string, unknown>>(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<T> {
    const response = await fetch(`${this.url}/api/admin${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}\n${this.log().slice(-2_000)}`);
    return JSON.parse(text) as T;
  }
}
