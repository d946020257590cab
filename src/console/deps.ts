import type { AccountStub } from '../account/stub';
import type { AccountSettings } from '../env-account';
import type { Mailer } from '../mail/mail';

export interface ConsoleDeps {
  db: D1Database;
  account: (accountId: string) => AccountStub;
  macSecret: string;
  now: () => number;
}

/** What the account plane has beside that. */
export interface AccountPlaneDeps extends ConsoleDeps {
  settings: AccountSettings;
  /** Where the gateway is reached: `https://gateway.example.com`. */
  origin: string;
  /** Undefined where mail is not set up. */
  mail: Mailer | undefined;
  fetch: typeof fetch;
  /** D1 has the account's lines, as far as that can be told, before they are read there. Never fails. */
  catchUp: (accountId: string) => Promise<void>;
}
