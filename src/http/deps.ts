import { accountStub } from '../account/stub';
import { LiveCatalogue } from '../console/catalogue/live';
import type { ConsoleDeps } from '../console/deps';
import { conversationStub } from '../conversations/stub';
import { KeyReader } from '../core/api-key';
import { Deadlines } from '../core/deadlines';
import { HOURLY_LIMITS, RATE_FAMILIES, type RateFamily } from '../core/family';
import { Health } from '../core/health';
import { isRecord, parseJson } from '../core/record';
import { type Bindings, readSettings, type Settings } from '../env';
import type { GatewayDeps } from '../gateway/deps';
import type { JobDeps } from '../jobs/deps';
import type { QueueDeps } from '../jobs/queues';
import { buildRegistry } from '../providers/registry';
import type { AppContext } from './context';

/** What lives as long as the isolate, read from the variables once. */
interface Lasting {
  settings: Settings;
  catalogue: LiveCatalogue;
  keys: KeyReader;
  health: Health;
  /** Of media providers, apart from `health`: the same provider may be up for text and down for media. */
  mediaHealth: Health;
  hourlyLimits: Record<string, number>;
}

const lastingByEnv = new WeakMap<object, Lasting>();

function lasting(env: Bindings): Lasting {
  const known = lastingByEnv.get(env);
  if (known) return known;
  const settings = readSettings(env);
  const secrets = [settings.KEY_MAC_SECRET, settings.KEY_MAC_SECRET_PREVIOUS].filter((secret) => secret !== undefined);
  const made: Lasting = {
    settings,
    catalogue: new LiveCatalogue(buildRegistry(env as unknown as Record<string, unknown>), env.FILES),
    keys: new KeyReader(secrets),
    health: new Health(),
    mediaHealth: new Health(),
    hourlyLimits: readHourlyLimits(settings.HOURLY_LIMITS),
  };
  lastingByEnv.set(env, made);
  return made;
}

/** Wrangler hands over a variable that is written as JSON in its configuration already parsed. */
function readHourlyLimits(given: Settings['HOURLY_LIMITS']): Record<string, number> {
  if (given === undefined) return {};
  const limits = typeof given === 'string' ? parseJson(given) : given;
  const known = (family: string) => (RATE_FAMILIES as readonly string[]).includes(family);
  if (
    !isRecord(limits) ||
    !Object.entries(limits).every(([family, limit]) => known(family) && Number.isSafeInteger(limit) && Number(limit) > 0)
  )
    throw new Error(`The variable HOURLY_LIMITS is not usable: a JSON object of ${RATE_FAMILIES.join(', ')} with whole numbers`);
  return limits as Record<string, number>;
}

/** As the operator has them. */
export const hourlyLimitsOf = (env: Bindings): Record<RateFamily, number> => ({ ...HOURLY_LIMITS, ...lasting(env).hourlyLimits });

export const liveCatalogue = (env: Bindings): LiveCatalogue => lasting(env).catalogue;

/** The wait for an isolate's first look at the catalogue; undefined when there is none, as by default, since it costs a call time. */
export function firstCatalogue(env: Bindings): Promise<void> | undefined {
  const { settings, catalogue } = lasting(env);
  return settings.CATALOGUE_WAIT_MS > 0 ? catalogue.firstLook(settings.CATALOGUE_WAIT_MS) : undefined;
}

export function gatewayDeps(env: Bindings, context: Pick<ExecutionContext, 'waitUntil'>): GatewayDeps {
  const { catalogue, ...rest } = lasting(env);
  const waitUntil = (work: Promise<unknown>): void => context.waitUntil(work);
  catalogue.refresh(waitUntil);
  const deadlines = new Deadlines();
  return {
    ...rest,
    deadlines,
    registry: catalogue.registry,
    account: (accountId) => accountStub(env.ACCOUNT, accountId, deadlines),
    settlements: env.SETTLEMENT_QUEUE,
    conversation: (ref) => conversationStub(env.CONVERSATION, ref),
    background: env.BACKGROUND_QUEUE,
    files: env.FILES,
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    waitUntil,
  };
}

export function jobDeps(env: Bindings): JobDeps {
  const { settings, catalogue, hourlyLimits, mediaHealth } = lasting(env);
  return {
    settings,
    registry: catalogue.registry,
    health: mediaHealth,
    hourlyLimits,
    account: (accountId) => accountStub(env.ACCOUNT, accountId),
    db: env.DB,
    files: env.FILES,
    jobs: env.JOB_QUEUE,
    submissions: env.SUBMISSION_QUEUE,
    webhooks: env.WEBHOOK_QUEUE,
    slowWebhooks: env.SLOW_WEBHOOK_QUEUE,
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

export const envConsoleDeps = (env: Bindings): ConsoleDeps => ({
  db: env.DB,
  files: env.FILES,
  account: (accountId) => accountStub(env.ACCOUNT, accountId),
  macSecret: lasting(env).settings.KEY_MAC_SECRET,
  now: Date.now,
});

export const ledgerRetentionDays = (env: Bindings): number => lasting(env).settings.LEDGER_RETENTION_DAYS;

/** What the queue consumers work with. */
export const queueDeps = (env: Bindings): QueueDeps => ({
  ...envConsoleDeps(env),
  registry: lasting(env).catalogue.registry,
  conversation: (ref) => conversationStub(env.CONVERSATION, ref),
  background: env.BACKGROUND_QUEUE,
  fetch: (url, init) => fetch(url, init),
});

export const consoleDeps = (c: AppContext): ConsoleDeps => envConsoleDeps(c.env);
