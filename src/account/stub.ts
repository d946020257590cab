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
  | 'charge'
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
  | 'stageRecovery'
  | 'recover';

/**
 * One object an account, by its id. The platform's own type of a stub loses every value that may hold any JSON;
 * all that crosses here is plain data, which a structured clone keeps as it is.
 */
export function accountStub(namespace: DurableObjectNamespace<Account>, accountId: string): AccountStub {
  const object = namespace.getByName(accountId) as unknown as AccountStub & JsonMethods;
  const hot: Pick<AccountStub, 'admit' | 'settle'> = {
    admit: async (request) => JSON.parse(await object.admitJson(JSON.stringify(request))),
    settle: async (request) => JSON.parse(await object.settleJson(JSON.stringify(request))),
  };
  return new Proxy(object, { get: (target, name) => Reflect.get(Object.hasOwn(hot, name) ? hot : target, name) });
}

/**
 * What every call asks of its account crosses as text: the platform's own copy of an object with this many fields
 * costs more than to write and read it as JSON.
 */
interface JsonMethods {
  admitJson(request: string): Promise<string>;
  settleJson(request: string): Promise<string>;
}
