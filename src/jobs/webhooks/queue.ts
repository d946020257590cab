import type { JobDeps } from '../deps';
import type { WebhookMessage } from '../messages';

/** A receiver that failed this often in a row moves to the slow queue, where it holds up only others like it. */
const SLOW_AFTER_TRIES = 3;

export const deliveryIdOf = (jobId: string): string => jobId.replace(/^job_/, 'whd_');
/** The same for every try, so that a receiver can tell repeats. */
export const messageIdOf = (deliveryId: string): string => deliveryId.replace(/^whd_/, 'msg_');

export async function sendDelivery(
  { webhooks, slowWebhooks }: Pick<JobDeps, 'webhooks' | 'slowWebhooks'>,
  message: WebhookMessage,
  delaySeconds: number,
): Promise<void> {
  await (message.turn >= SLOW_AFTER_TRIES ? slowWebhooks : webhooks).send(message, { delaySeconds });
}
