import type { AccountStub } from '../account/stub';
import type { BackgroundMessage, LedgerMessage, SettlementMessage } from '../account/types';
import { advanceJob, startJob } from './advance';
import { type BackgroundDeps, lookAfter } from './background';
import type { JobDeps } from './deps';
import type { JobMessage, WebhookMessage } from './messages';
import { projectLedger } from './project-ledger';
import { deliver } from './webhooks/deliver';

export interface QueueDeps extends BackgroundDeps {
  db: D1Database;
  account: (accountId: string) => AccountStub;
}

const missingJobs = (): never => {
  throw new Error('no jobs here');
};

const LONGEST_RETRY_SECONDS = 3_600;

export const carriesJobs = (queue: string): boolean => /-(jobs|submissions)$/.test(queue);

/** Dispatches a batch by its queue's name, as in wrangler.toml. */
export async function consume(
  deps: QueueDeps,
  batch: MessageBatch,
  jobs: () => JobDeps = missingJobs,
  waitUntil: (work: Promise<void>) => void = () => {},
): Promise<void> {
  if (batch.queue.endsWith('-jobs')) return consumeJobs(jobs(), batch as MessageBatch<JobMessage>, advanceJob, waitUntil);
  if (batch.queue.endsWith('-submissions')) return consumeJobs(jobs(), batch as MessageBatch<JobMessage>, startJob, waitUntil);
  if (/-webhooks(-slow)?$/.test(batch.queue)) return consumeJobs(jobs(), batch as MessageBatch<WebhookMessage>, deliver, waitUntil);
  if (batch.queue.endsWith('-settlements')) return consumeSettlements(deps, batch as MessageBatch<SettlementMessage>);
  if (batch.queue.endsWith('-ledger')) return consumeLedger(deps, batch as MessageBatch<LedgerMessage>);
  if (batch.queue.endsWith('-background')) return consumeBackground(deps, batch as MessageBatch<BackgroundMessage>);
  throw new Error(`no consumer for the queue ${batch.queue}`);
}

const retryLater = (message: Message): void => message.retry({ delaySeconds: Math.min(2 ** message.attempts, LONGEST_RETRY_SECONDS) });

/**
 * A local queue delivers one batch at a time, so one slow provider would hold up everybody. There the batch is
 * acknowledged at once and the work goes on behind it; the sweeper picks up what fails.
 */
async function consumeJobs<Body>(
  deps: JobDeps,
  batch: MessageBatch<Body>,
  work: (deps: JobDeps, body: Body) => Promise<void>,
  waitUntil: (work: Promise<void>) => void,
): Promise<void> {
  const all = consumeEach(batch, (body) => work(deps, body));
  if (deps.settings.LOCAL === '1') waitUntil(all);
  else await all;
}

/** All messages at once, each by itself: one that is slow or fails does not hold up the others. */
async function consumeEach<Body>(batch: MessageBatch<Body>, work: (body: Body) => Promise<void>): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await work(message.body);
        message.ack();
      } catch (error) {
        console.error('message not worked on', JSON.stringify({ queue: batch.queue, body: message.body, error: String(error) }));
        retryLater(message);
      }
    }),
  );
}

async function consumeLedger(deps: QueueDeps, batch: MessageBatch<LedgerMessage>): Promise<void> {
  try {
    await projectLedger(
      deps,
      batch.messages.map(({ body }) => body),
    );
    batch.ackAll();
  } catch (error) {
    console.error('ledger batch not written', String(error));
    for (const message of batch.messages) retryLater(message);
  }
}

/** Settles holds that could not be settled when their call ended. A failure does not hold up the others. */
async function consumeSettlements(deps: QueueDeps, batch: MessageBatch<SettlementMessage>): Promise<void> {
  for (const message of batch.messages) {
    try {
      const result = await deps.account(message.body.accountId).settle(message.body.close);
      if (!result.ok && result.reason === 'undecided') {
        retryLater(message);
        continue;
      }
      if (!result.ok)
        console.error('late settlement refused', JSON.stringify({ holdId: message.body.close.holdId, reason: result.reason }));
      message.ack();
    } catch (error) {
      console.error('late settlement failed', String(error));
      retryLater(message);
    }
  }
}

async function consumeBackground(deps: QueueDeps, batch: MessageBatch<BackgroundMessage>): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await lookAfter(deps, message.body);
        message.ack();
      } catch (error) {
        console.error('background answer not looked after', String(error));
        retryLater(message);
      }
    }),
  );
}
