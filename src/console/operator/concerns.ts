/** What of a gateway asks for its operator's attention. */
import { toCredits } from '../../core/money';
import { DAY_MS, HOUR_MS } from '../../core/time';
import type { Watched } from '../metrics/read';

export interface Concern {
  /** The same for as long as it lasts, whatever its figures. */
  id: string;
  text: string;
}

/** More than a day, so that a missed nightly check shows. */
const LATE_MS = 30 * HOUR_MS;
const D1_WARN_BYTES = 8e9;
const STUCK_MS = HOUR_MS;

const many = (count: number, one: string, others = `${one}s`): string => (count === 1 ? `1 ${one}` : `${count} ${others}`);

const those = (concerns: readonly (readonly [isSo: boolean, id: string, text: string])[]): Concern[] =>
  concerns.filter(([isSo]) => isSo).map(([, id, text]) => ({ id, text }));

/** What is wrong now. */
export function wrongsOf(watched: Watched, catalogueErrors: number, nowMs: number): Concern[] {
  const { books, overdueJobs, deadWebhooks, webhooks, vouchers, sizeBytes } = watched;
  const { problems = 0, unchecked = 0, overdrawnMicro = 0 } = books?.sums ?? {};
  const found = `The last nightly check found ${many(problems, 'difference')} in the books: npm run admin -- reconcile says where.`;
  return those([
    [problems > 0, 'books', found],
    [unchecked > 0, 'books_unread', `The last nightly check could not read ${many(unchecked, 'account')}.`],
    [books !== undefined && nowMs - books.endedAtMs > LATE_MS, 'books_late', 'The books were not checked last night.'],
    [catalogueErrors > 0, 'catalogue', 'The catalogue’s file cannot be read; the last good one is in force.'],
    [
      overdueJobs > 0,
      'jobs_overdue',
      `${many(overdueJobs, 'job')} nobody has looked at for five minutes: is the queue’s consumer running?`,
    ],
    [deadWebhooks > 0, 'webhooks_dead', `${many(deadWebhooks, 'webhook')} given up within the last hour, after all tries.`],
    [
      webhooks.sinceMs !== null && nowMs - webhooks.sinceMs > DAY_MS,
      'webhooks_late',
      'Webhooks have been due for more than a day: does their queue have a consumer?',
    ],
    [
      vouchers.sinceMs !== null && nowMs - vouchers.sinceMs > STUCK_MS,
      'vouchers',
      'A voucher was redeemed more than an hour ago, and its credits are still to come.',
    ],
    [overdrawnMicro > 0, 'overdrawn', `Accounts below zero owe ${toCredits(overdrawnMicro).toLocaleString('en')} credits together.`],
    [sizeBytes > D1_WARN_BYTES, 'd1_size', `D1 has ${(sizeBytes / 1e9).toFixed(1)} of its 10 GB.`],
  ]);
}

/** What is set up, as far as an operator should know of it. */
export interface SetUp {
  isLocal: boolean;
  sendsMail: boolean;
  takesPayments: boolean;
  hasPublicUrl: boolean;
  isTold: boolean;
  /** Providers that are called over the network. */
  configuredProviders: number;
}

/** What is not set up, and is missed by customers or the operator. */
export function missingOf({ isLocal, sendsMail, takesPayments, hasPublicUrl, isTold, configuredProviders }: SetUp): Concern[] {
  const served = !isLocal;
  return those([
    [configuredProviders === 0, 'providers', 'No provider has a key: the sandbox answers for every model.'],
    [served && !sendsMail, 'mail', 'No mail is set up (MAIL_FROM): nobody can sign up by e-mail or reset a password.'],
    [
      served && !takesPayments,
      'payments',
      'No payments are set up (STRIPE_SECRET_KEY): customers top up by vouchers, or by what you grant.',
    ],
    [served && !hasPublicUrl, 'public_url', 'PUBLIC_URL is not set: mails and callbacks name the host of whoever asked.'],
    [served && sendsMail && !isTold, 'operator', 'OPERATOR_EMAIL is not set: nobody is told by mail when something is wrong here.'],
  ]);
}
