import type { AccountStub } from '../account/stub';
import type { Health } from '../core/health';
import type { Registry } from '../providers/registry';
import type { JobMessage, WebhookMessage } from './messages';

/** The variables that jobs use, as `env.ts` reads them. */
interface JobSettings {
  LOCAL: '0' | '1';
  PUBLIC_URL?: string | undefined;
  PRIVATE_ADDRESSES: 'refused' | 'allowed';
  STORAGE_LIMIT_BYTES: number;
  STORAGE_ACCOUNT_BYTES: number;
  DEPLOYMENT_LIMIT: number;
  DEPLOYMENT_WORKER_LIMIT: number;
  RESULT_RETENTION_DAYS: number;
  UPLOAD_RETENTION_DAYS: number;
  DNS_URL: string;
}

/** What jobs work with; tests pass fakes. */
export interface JobDeps {
  settings: JobSettings;
  registry: Registry;
  /** Of upstream models, as this isolate has seen them. */
  health: Health;
  account: (accountId: string) => AccountStub;
  db: D1Database;
  files: R2Bucket;
  jobs: Pick<Queue<JobMessage>, 'send'>;
  /** For jobs that are to be sent to a provider. */
  submissions: Pick<Queue<JobMessage>, 'send'>;
  webhooks: Pick<Queue<WebhookMessage>, 'send'>;
  slowWebhooks: Pick<Queue<WebhookMessage>, 'send'>;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  hourlyLimits: Readonly<Record<string, number>>;
  now: () => number;
  /** Between two tries of what must not be lost. */
  pause: (ms: number) => Promise<void>;
}
