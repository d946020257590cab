import type { AccountStub } from '../account/stub';

export interface ConsoleDeps {
  db: D1Database;
  account: (accountId: string) => AccountStub;
  macSecret: string;
  now: () => number;
}
