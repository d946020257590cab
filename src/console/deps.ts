import type { AccountStub } from '../account/stub';
import type { AccountSettings } from '../env-account';
import type { Mailer } from '../mail/mail';

export interface ConsoleDeps {
  db: D1Database;
  files: R2Bucket;
  account: (accountId: string) => AccountStub;
  macSecret: string;
  now: () => number;
}

/** What the account plane has in addition. */
export interface AccountPlaneDeps extends ConsoleDeps {
  settings: AccountSettings;
  /** The gateway's own origin: `https://gateway.example.com`. */
  origin: string;
  /** Undefined where mail is not set up. */
  mail: Mailer | undefined;
  fetch: typeof fetch;
  /** Brings D1 up to date with the account's lines, as far as possible, before they are read there. Never throws. */
  catchUp: (accountId: string) => Promise<void>;
}
