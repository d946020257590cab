import type { CallSpec, Config } from './core/call.js';
import { HyperealError } from './core/errors.js';
import type { ClientOptions, RequestOptions } from './core/options.js';
import type { APIPromise } from './core/promise.js';
import { Resource } from './core/resource.js';
import { ApiKeys } from './resources/api-keys.js';
import { Audio } from './resources/audio.js';
import { Chat } from './resources/chat.js';
import { Deployments } from './resources/deployments.js';
import { Embeddings } from './resources/embeddings.js';
import { Generations } from './resources/generations.js';
import { Gpu } from './resources/gpu.js';
import { Images } from './resources/images.js';
import { Jobs } from './resources/jobs.js';
import { Messages } from './resources/messages.js';
import { Models } from './resources/models.js';
import { Models3d } from './resources/models3d.js';
import { OwnKey } from './resources/own-key.js';
import { Responses } from './resources/responses.js';
import { Storage } from './resources/storage.js';
import { Usage } from './resources/usage.js';
import { Videos } from './resources/videos.js';
import { Webhooks } from './resources/webhooks.js';
import { VERSION } from './version.js';

const PUBLIC_URL = 'https://hypereal.cloud/api/v1';

/** What only some runtimes have. */
interface Surroundings {
  process?: { env?: Record<string, string | undefined> };
  document?: unknown;
  location?: { origin: string };
}

const surroundings: Surroundings = globalThis as Surroundings;

/** An environment variable, where the runtime has an environment. */
const variable = (name: string): string | undefined => surroundings.process?.env?.[name]?.trim() || undefined;

/** A gateway given by its origin alone, as it prints it on start, has its API below `/v1`. */
function apiURL(text: string): string {
  const url = text.trim().replace(/\/+$/, '');
  return /^[a-z]+:\/\/[^/?#]+$/i.test(url) ? `${url}/v1` : url;
}

function configOf(options: ClientOptions): Config {
  const inPage = surroundings.document !== undefined;
  const apiKey = options.apiKey?.trim() || variable('HYPEREAL_API_KEY');
  if (apiKey === undefined && !inPage) throw new HyperealError('An API key is required: `apiKey`, or the variable HYPEREAL_API_KEY.');
  if (apiKey !== undefined && inPage && !options.dangerouslyAllowBrowser)
    throw new HyperealError('Everyone who opens this page could use its key: call through a server of your own, without `apiKey`.');
  const { fetch: given = globalThis.fetch } = options;
  return {
    apiKey,
    baseURL: apiURL(options.baseURL ?? variable('HYPEREAL_BASE_URL') ?? PUBLIC_URL),
    // Bound to the global object: some runtimes throw at `this.fetch(...)`.
    fetch: (url, init) => given.call(globalThis, url, init),
    // Browsers do not allow setting a user agent.
    headers: { ...(!inPage && { 'user-agent': `hypereal-sdk/${VERSION}` }), ...options.headers },
    options,
  };
}

/** A call of an endpoint that has no method of its own. */
export type RequestSpec = Pick<CallSpec, 'method' | 'path' | 'json' | 'query'>;

class Others extends Resource {
  send<T>(spec: RequestSpec, options?: RequestOptions): APIPromise<T> {
    return this.ask<T>(spec, options);
  }
}

/**
 * A client with one API key.
 *
 * @example
 * const client = new Hypereal({ apiKey: process.env.HYPEREAL_API_KEY });
 * const image = await client.images.generate({ model: 'nano_banana_pro', prompt: 'a chrome teapot' });
 */
export class Hypereal {
  /** The base URL of all calls. */
  readonly baseURL: string;
  readonly chat: Chat;
  readonly responses: Responses;
  readonly messages: Messages;
  readonly embeddings: Embeddings;
  readonly images: Images;
  readonly videos: Videos;
  readonly audio: Audio;
  readonly models3d: Models3d;
  readonly gpu: Gpu;
  readonly deployments: Deployments;
  readonly jobs: Jobs;
  readonly storage: Storage;
  readonly webhooks: Webhooks;
  readonly models: Models;
  readonly generations: Generations;
  readonly key: OwnKey;
  readonly apiKeys: ApiKeys;
  readonly usage: Usage;
  private readonly others: Others;

  constructor(options: ClientOptions = {}) {
    const config = configOf(options);
    this.baseURL = config.baseURL;
    this.chat = new Chat(config);
    this.responses = new Responses(config);
    this.messages = new Messages(config);
    this.embeddings = new Embeddings(config);
    this.images = new Images(config);
    this.jobs = new Jobs(config);
    this.videos = new Videos(config, this.jobs);
    this.audio = new Audio(config);
    this.models3d = new Models3d(config);
    this.gpu = new Gpu(config);
    this.deployments = new Deployments(config);
    this.storage = new Storage(config);
    this.webhooks = new Webhooks(config, options.webhookSecret ?? variable('HYPEREAL_WEBHOOK_SECRET'));
    this.models = new Models(config);
    this.generations = new Generations(config);
    this.key = new OwnKey(config);
    this.apiKeys = new ApiKeys(config);
    this.usage = new Usage(config);
    this.others = new Others(config);
  }

  /**
   * Calls an endpoint that has no method here, with the same retries, time limits and errors.
   *
   * @example
   * await client.request<{ id: string }>({ method: 'POST', path: '/conversations', json: {} });
   */
  request<T = unknown>(spec: RequestSpec, options?: RequestOptions): APIPromise<T> {
    return this.others.send<T>(spec, options);
  }
}
