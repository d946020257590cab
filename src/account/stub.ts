import type { Account } from './account';

/** The account object as callers see it: plain data in, a promise of plain data out. */
export type AccountStub = {
  [Method in RemoteMethod]: (...args: Parameters<Account[Method]>) => Promise<Awaited<ReturnType<Account[Method]>>>;
};

type RemoteMethod =
  | 'create'
  | 'admit'
  | 'extend'
  | 'beat'
  | 'settle'
  | 'release'
  | 'grant'
  | 'setTier'
  | 'putKey'
  | 'changeKey'
  | 'rotateKey'
  | 'revokeKey'
  | 'listKeys'
  | 'auditRecords'
  | 'authorize'
  | 'view'
  | 'operations'
  | 'operation'
  | 'books'
  | 'acknowledge'
  | 'flush'
  | 'resend'
  | 'recover';

/**
 * One object an account, by its id. The platform's own type of a stub loses every value that may hold any JSON;
 * all that crosses here is plain data, which a structured clone keeps as it is.
 */
export const accountStub = (namespace: DurableObjectNamespace<Account>, accountId: string): AccountStub =>
  namespace.getByName(accountId) as unknown as AccountStub;
