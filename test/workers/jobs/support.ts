/**
 * The real job engine on real D1, R2 and account objects, with a clock, a queue and a provider that the test controls.
 * An invocation of the Worker can be made to die before or after any of its effects.
 */
import { env } from 'cloudflare:test';
import type { AccountStub } from '../../../src/account/stub';
import { Health } from '../../../src/core/health';
import { readSettings } from '../../../src/env';
import { advanceJob, startJob } from '../../../src/jobs/advance';
import { createMediaJob, type JobRequest } from '../../../src/jobs/create';
import type { JobDeps } from '../../../src/jobs/deps';
import type { JobMessage, WebhookMessage } from '../../../src/jobs/messages';
import { readJob } from '../../../src/jobs/store';
import type { Job } from '../../../src/jobs/types';
import { MODELS } from '../../../src/providers/catalogue';
import type { MediaAdapter, PollStep } from '../../../src/providers/media/types';
import { indexModels } from '../../../src/providers/model-index';
import type { Registry } from '../../../src/providers/registry';
import { sandbox as sandboxSpec } from '../../../src/providers/sandbox/spec';
import type { FailureAction, Provider } from '../../../src/providers/types';
import { TestAccount, testKey } from '../account/support';

export const MODEL = 'kling-v3';
const API = 'https://api.fake.example/v1';
const FILE_HOST = 'cdn.fake.example';
const RECEIVER_HOST = 'hooks.customer.example';
export const RECEIVER_URL = `https://${RECEIVER_HOST}/jobs`;
export const WEBHOOK_SECRET = 'the-secret-of-the-fake';
export const PRICE_MICRO = 67_000_000;

export const KEY = { mode: 'live', keyId: 'key_a', secretHash: 'hash-a' } as const;

export const requestOf = (endpoint: string, accountId: string): JobRequest => ({
  endpoint,
  keys: [{ ...KEY, accountId }],
  origin: null,
  ip: null,
  idempotency: undefined,
  webhookUrl: null,
  publicOrigin: 'https://gateway.test',
  labels: {},
  answer: {},
});

/** Holds every generation that was ever started at the provider. */
export class FakeProvider {
  readonly started: { id: string; reference: string; polls: number }[] = [];
  canceled = new Set<string>();
  /** How long a canceled generation had run. */
  canceledGpuMs: number | undefined;
  /** After how many polls a job is done. */
  pollsToDone = 2;
  ending: 'done' | 'failed' | 'never' = 'done';
  /** The answer to a submit: 200 starts a job. */
  submitStatus = 200;
  /** How many of the next answers are lost, although the work was done. */
  lostAnswers = 0;
  brokenFiles = 0;
  /** Delivered instead of a video. */
  file: { type: string; body: string } | undefined;
  /** It accepts our id as an idempotency key. */
  repeatable = false;
  /** Answers to repeated submits are lost too. */
  losesRepeats = false;
  polls = 0;

  /** Credentials that reached a host that must not get any. */
  leaked: string[] = [];

  /** The whole network: the provider, its files on another host, and a DNS for both. */
  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const { hostname, pathname } = new URL(url);
    if (hostname === 'cloudflare-dns.com') return Response.json({ Answer: [{ type: 1, data: this.address }] });
    const authorized = new Headers(init.headers).get('authorization') === 'Bearer the-key';
    if (hostname === RECEIVER_HOST) return this.receive(init);
    if (hostname === FILE_HOST) {
      if (authorized) this.leaked.push(url);
      if (this.brokenFiles-- > 0) return new Response('not yet', { status: 503 });
      if (this.file) return new Response(this.file.body, { headers: { 'content-type': this.file.type } });
      return new Response(Uint8Array.of(0, 0, 0, 24, 0x66, 0x74, 0x79, 0x70, 0x69, 0x73, 0x6f, 0x6d));
    }
    if (!authorized) return new Response('who are you?', { status: 401 });
    if (pathname === '/v1/submit') return this.submit(JSON.parse(String(init.body)) as { reference: string });
    if (pathname.startsWith('/v1/endpoints')) return this.endpoint(pathname.split('/')[3], init);
    const [, , , id = '', action] = pathname.split('/');
    if (action === 'cancel') {
      this.canceled.add(id);
      return Response.json({});
    }
    return this.poll(id);
  };

  /** The settings that deployments were created with and changed to. */
  readonly endpoints: { minWorkers: number }[] = [];
  readonly removedEndpoints: string[] = [];

  /** How many of the next changes of a deployment take effect while their answers are lost. */
  lostChanges = 0;

  private endpoint(id: string | undefined, { method, body }: RequestInit): Response {
    if (method === 'DELETE') this.removedEndpoints.push(id!);
    else this.endpoints.push(JSON.parse(String(body)) as { minWorkers: number });
    if (method === 'PATCH' && this.lostChanges-- > 0) throw new Error('connection lost');
    return Response.json({ id: id ?? `ep${this.endpoints.length - 1}` });
  }

  /** The address of every name. */
  address = '93.184.216.34';
  /** The webhooks that a customer's server received. */
  readonly received: { id: string; body: string }[] = [];
  receiverStatus = 200;
  /** How many requests it fails before it answers with that status. */
  receiverFails = 0;

  private receive({ headers, body }: RequestInit): Response {
    this.received.push({ id: new Headers(headers).get('webhook-id') ?? '', body: String(body) });
    return new Response(null, { status: this.receiverFails-- > 0 ? 503 : this.receiverStatus });
  }

  private submit({ reference }: { reference: string }): Response {
    if (this.submitStatus !== 200) return Response.json({ error: { message: 'no' } }, { status: this.submitStatus });
    const known = this.repeatable ? this.started.find((job) => job.reference === reference) : undefined;
    if (known && this.losesRepeats) throw new Error('connection lost');
    if (known) return Response.json({ id: known.id });
    const id = `up${this.started.length}`;
    this.started.push({ id, reference, polls: 0 });
    if (this.lostAnswers-- > 0) throw new Error('connection lost');
    return Response.json({ id });
  }

  private poll(id: string): Response {
    this.polls++;
    const job = this.started.find((one) => one.id === id);
    if (!job) return new Response('what?', { status: 404 });
    if (this.canceled.has(id)) return Response.json({ state: 'canceled', gpuMs: this.canceledGpuMs });
    if (this.ending === 'never' || ++job.polls < this.pollsToDone) return Response.json({ state: 'running' });
    return Response.json({ state: this.ending });
  }
}

const ACTIONS: Record<number, FailureAction> = { 422: 'caller', 429: 'backoff_key' };
const failure = (status: number) => ({ action: ACTIONS[status] ?? 'next_target', message: `answered ${status}` });

const adapter: MediaAdapter = {
  kinds: ['video', 'image', 'gpu'],
  authorize: (key) => ({ authorization: `Bearer ${key}` }),
  sources: 'any',
  lostSubmit: 'may_have_started',
  submit: ({ reference }) => ({ url: '/submit', body: JSON.stringify({ reference }) }),
  readSubmit({ status, json }, { model }) {
    if (status === 200) return { state: 'running', job: { id: (json as { id: string }).id, model } };
    return { state: 'failed', failure: { ...failure(status), mayHaveStarted: status >= 500 } };
  },
  poll: ({ id }) => ({ method: 'GET', url: `/jobs/${id}` }),
  readPoll({ json }, job): PollStep {
    switch ((json as { state?: string } | undefined)?.state) {
      case 'running':
        return { state: 'running', job };
      case 'done':
        return { state: 'done', result: { files: [{ url: `https://${FILE_HOST}/${job.id}.mp4` }] } };
      case 'failed':
        return { state: 'failed', failure: { action: 'next_target', message: 'it failed', mayHaveStarted: true } };
      case 'canceled': {
        const { gpuMs } = json as { gpuMs?: number };
        return { state: 'canceled', ...(gpuMs !== undefined && { usage: { gpuMs } }) };
      }
      default:
        return { state: 'unknown', message: 'what?' };
    }
  },
  cancel: ({ id }) => ({ url: `/jobs/${id}/cancel` }),
  deployments: {
    create: (spec, { endpointId }) => (endpointId === undefined ? { url: '/endpoints', body: JSON.stringify(spec) } : undefined),
    readCreate: ({ json }) => ({ ok: true, deployment: { endpointId: (json as { id: string }).id } }),
    update: (spec, { endpointId }) => ({ method: 'PATCH', url: `/endpoints/${endpointId}`, body: JSON.stringify(spec) }),
    remove: ({ endpointId }) => (endpointId === undefined ? [] : [{ method: 'DELETE', url: `/endpoints/${endpointId}` }]),
    readFailure: () => undefined,
  },
  callback: {
    verify: ({ headers }, secret) => Promise.resolve(headers.get('x-signature') === secret),
    read: ({ json }, job) =>
      (json as { state?: string }).state === 'done'
        ? { state: 'done', result: { files: [{ url: `https://${FILE_HOST}/${job.id}.mp4` }] } }
        : undefined,
  },
};

interface Taken extends JobMessage {
  dueMs: number;
  queue: 'jobs' | 'submissions';
}

/** The queues of jobs, which keep their messages until the test takes them. */
export class FakeJobQueue {
  messages: Taken[] = [];

  /** Jobs of this test; the sweeper finds other tests' jobs too. */
  readonly mine = new Set<string>();
  private closed = false;

  constructor(private readonly now: () => number) {}

  private readonly sendTo =
    (queue: Taken['queue']) =>
    async (message: JobMessage, options?: { delaySeconds?: number }): Promise<void> => {
      if (this.closed && !this.mine.has(message.jobId)) return;
      this.mine.add(message.jobId);
      this.messages.push({ ...message, queue, dueMs: this.now() + (options?.delaySeconds ?? 0) * 1_000 });
    };

  readonly jobs = { send: this.sendTo('jobs') } as unknown as JobDeps['jobs'];
  readonly submissions = { send: this.sendTo('submissions') } as unknown as JobDeps['submissions'];

  /** While open it learns new jobs; closed, it accepts only those that it knows. */
  setOpen(open: boolean): void {
    this.closed = !open;
  }

  /** Takes the next message and moves the clock to when it is due. */
  take(index = 0): Taken {
    this.messages.sort((a, b) => a.dueMs - b.dueMs);
    return this.messages.splice(index, 1)[0]!;
  }
}

/** What the consumer of the message's queue does. */
export const work = (deps: JobDeps, { queue, dueMs: _dueMs, ...message }: Taken): Promise<void> =>
  (queue === 'submissions' ? startJob : advanceJob)(deps, message);

/** The fake provider with these methods of its adapter. */
export function adapted(deps: JobDeps, more: Partial<MediaAdapter>): JobDeps {
  const fake = deps.registry.providers.get('fake')!;
  const providers = new Map([['fake', { ...fake, spec: { ...fake.spec, media: { ...fake.spec.media!, ...more } } }]]);
  return { ...deps, registry: { ...deps.registry, providers } };
}

export class Died extends Error {}

/** Lets this many effects happen; then the process dies, in the middle of one or after it. */
class Fuse {
  constructor(
    private left: number,
    private readonly after: boolean,
  ) {}

  get blown(): boolean {
    return this.left < 0;
  }

  async run<T>(effect: () => Promise<T> | T): Promise<T> {
    if (this.blown) throw new Died();
    const dies = this.left-- === 0;
    if (!dies) return effect();
    if (this.after) await effect();
    throw new Died();
  }
}

const EFFECTS = new Set([
  ...['all', 'run', 'first', 'raw', 'batch', 'put', 'get', 'send'],
  ...['settle', 'beat', 'admit', 'release', 'charge', 'commit'],
]);

/** The same object with its effects on a fuse. */
function fused<T extends object>(target: T, fuse: Fuse): T {
  return new Proxy(target, {
    get(object, name) {
      const value = Reflect.get(object, name) as unknown;
      if (typeof value !== 'function') return value;
      const call = (...args: unknown[]): unknown => Reflect.apply(value, object, args);
      if (EFFECTS.has(String(name))) return (...args: unknown[]) => fuse.run(() => call(...args));
      return (...args: unknown[]) => {
        const result = call(...args);
        return typeof result === 'object' && result !== null && !(result instanceof Promise) ? fused(result, fuse) : result;
      };
    },
  });
}

/** The catalogue, with one model at the fake provider. */
const models = indexModels(
  MODELS.map((model) => (model.id === MODEL ? { ...model, chain: [{ provider: 'fake', model: 'theirs' }] } : model)),
);

export class JobBench {
  nowMs: number;
  readonly provider = new FakeProvider();
  readonly queue: FakeJobQueue;
  readonly webhooks: (WebhookMessage & { delaySeconds: number; dueMs: number; slow: boolean })[] = [];

  private constructor(
    readonly account: TestAccount,
    private readonly openingMicro: number,
    readonly db: D1Database,
  ) {
    this.nowMs = account.nowMs;
    this.queue = new FakeJobQueue(() => this.nowMs);
  }

  static async create(credits = 1_000, db: D1Database = env.DB): Promise<JobBench> {
    const account = await TestAccount.create({ credits, tier: 'starter', keys: [testKey()] });
    return new JobBench(account, credits * 1_000_000, db);
  }

  private registry(): Registry {
    const provider: Provider = {
      spec: {
        id: 'fake',
        label: 'Fake',
        baseUrl: API,
        wires: [],
        onDisconnect: 'drain',
        media: { ...adapter, lostSubmit: this.provider.repeatable ? 'repeatable' : 'may_have_started' },
      },
      baseUrl: API,
      apiKeys: ['the-key'],
      webhookSecret: WEBHOOK_SECRET,
    };
    const sandbox: Provider = { spec: sandboxSpec, baseUrl: sandboxSpec.baseUrl, apiKeys: [] };
    const providers = new Map([
      ['fake', provider],
      ['sandbox', sandbox],
    ]);
    return { providers, models, configuredProviders: ['fake'] };
  }

  deps(fuse?: Fuse): JobDeps {
    const stub = this.account.stub;
    const account = {
      ...pick(stub, ['admit', 'beat', 'extend', 'settle', 'release', 'authorize', 'view', 'charge', 'commit', 'listKeys']),
    } as unknown as AccountStub;
    const webhookQueue = (slow: boolean) =>
      ({
        send: async (message: WebhookMessage, { delaySeconds = 0 }: { delaySeconds?: number } = {}) => {
          // https://developers.cloudflare.com/queues/configuration/batching-retries/#delay-messages
          if (delaySeconds > 86_400) throw new Error('a message may be delayed by a day at most');
          this.webhooks.push({ ...message, delaySeconds, dueMs: this.nowMs + delaySeconds * 1_000, slow });
        },
      }) as unknown as JobDeps['webhooks'];
    const deps: JobDeps = {
      settings: { ...readSettings(env), LOCAL: '0', PRIVATE_ADDRESSES: 'refused' },
      registry: this.registry(),
      health: new Health(),
      account: () => account,
      db: this.db,
      files: env.FILES,
      jobs: this.queue.jobs,
      submissions: this.queue.submissions,
      webhooks: webhookQueue(false),
      slowWebhooks: webhookQueue(true),
      fetch: this.provider.fetch,
      hourlyLimits: {},
      now: () => this.nowMs,
      pause: async () => undefined,
    };
    if (!fuse) return deps;
    return {
      ...deps,
      account: () => fused(account, fuse),
      db: fused(deps.db, fuse),
      files: fused(deps.files, fuse),
      jobs: fused(deps.jobs, fuse),
      submissions: fused(deps.submissions, fuse),
      webhooks: fused(deps.webhooks, fuse),
      slowWebhooks: fused(deps.slowWebhooks, fuse),
      fetch: (url, init) => fuse.run(() => deps.fetch(url, init)),
    };
  }

  /** Moves the clocks of the jobs and of the account. */
  async wait(ms: number): Promise<void> {
    this.nowMs += ms;
    this.account.nowMs = this.nowMs;
    await this.account.run(() => undefined);
  }

  async start(more: Record<string, unknown> = {}, request: Partial<JobRequest> = {}): Promise<Job> {
    this.queue.setOpen(true);
    const created = await createMediaJob(
      this.deps(),
      { ...requestOf('/v1/videos/generate', this.account.id), ...request },
      { fields: { model: MODEL, prompt: 'a cat', ...more }, uploads: {}, families: ['video'] },
    );
    if (!created.ok) throw new Error(created.error.message);
    this.queue.setOpen(false);
    return created.value.job;
  }

  async job(id: string): Promise<Job> {
    return (await readJob(this.db, id))!;
  }

  /** Runs an invocation that dies at its effect of this number; false if it ended before. */
  async dies(work: (deps: JobDeps) => Promise<unknown>, at: number, after: boolean): Promise<boolean> {
    const fuse = new Fuse(at, after);
    try {
      await work(this.deps(fuse));
    } catch (error) {
      if (!fuse.blown) throw error;
    }
    return fuse.blown;
  }

  async spentMicro(): Promise<number> {
    const view = (await this.account.stub.view())!;
    return this.openingMicro - view.balanceMicro;
  }

  async heldMicro(): Promise<number> {
    return (await this.account.stub.view())!.heldMicro;
  }
}

const pick = <T extends object>(object: T, names: readonly (keyof T)[]): Partial<T> =>
  Object.fromEntries(
    names.map((name) => [name, (...args: unknown[]) => (object[name] as (...args: unknown[]) => unknown)(...args)]),
  ) as Partial<T>;
