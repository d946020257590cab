import type { Deadlines } from '../core/deadlines';
import { within } from '../core/within';
import type { Account } from './account';
import { Batcher } from './batcher';
import type { RefusedCalls } from './refusals';
import { RefusedHere } from './refused-here';
import type { AdmitResult, CloseResult, Mistaken } from './types';

/** The account object as callers see it: plain data in, a promise of plain data out. */
export type AccountStub = {
  [Method in RemoteMethod]: (...args: Parameters<Account[Method]>) => Promise<Awaited<ReturnType<Account[Method]>>>;
} & {
  /** Counts calls that were refused before the account was asked: see `RefusedHere`. */
  noteRefused(refused: RefusedCalls): Promise<void>;
};

type RemoteMethod =
  | 'create'
  | 'countRefusals'
  | 'admit'
  | 'extend'
  | 'beat'
  | 'settle'
  | 'release'
  | 'grant'
  | 'charge'
  | 'commit'
  | 'setTier'
  | 'setStatus'
  | 'setPrices'
  | 'putKey'
  | 'addKey'
  | 'refuseChange'
  | 'changeKey'
  | 'rotateKey'
  | 'endGrace'
  | 'revokeKey'
  | 'revokeKeys'
  | 'findKey'
  | 'listKeys'
  | 'auditRecords'
  | 'authorize'
  | 'ownKey'
  | 'view'
  | 'operations'
  | 'operation'
  | 'books'
  | 'wakeIfForgotten'
  | 'acknowledge'
  | 'flush'
  | 'handOver'
  | 'resend'
  | 'rewind'
  | 'endSession'
  | 'stageRecovery'
  | 'recover';

/**
 * The object of an account, by the account's id. The cast is safe: the platform's stub type loses every value that may
 * hold any JSON, but only plain data crosses here, which structured cloning keeps as it is.
 *
 * @param deadlines Those of the request that asks; without them each wait has a timer of its own.
 */
export function accountStub(
  namespace: DurableObjectNamespace<Account>,
  accountId: string,
  deadlines: Pick<Deadlines, 'within'> = { within },
): AccountStub {
  const object = namespace.getByName(accountId) as unknown as AccountStub & JsonMethods;
  const { admit, settle, refusedHere } = sharedOf(namespace);
  const admitAll = async (texts: string[]) => JSON.parse(await object.admitJson(listOf(texts)));
  const settleAll = async (texts: string[]) => JSON.parse(await object.settleJson(listOf(texts)));
  const hot: Pick<AccountStub, 'admit' | 'settle' | 'noteRefused'> = {
    async admit(request) {
      const refused = refusedHere.take(accountId);
      const asked = refused.length > 0 ? { ...request, refused } : request;
      return right(await admit.send(accountId, JSON.stringify(asked), admitAll, deadlines));
    },
    settle: async (request) => right(await settle.send(accountId, JSON.stringify(request), settleAll, deadlines)),
    async noteRefused(refused) {
      if (refusedHere.note(accountId, refused, Date.now())) await object.countRefusals(refusedHere.take(accountId));
    },
  };
  return new Proxy(object, { get: (target, name) => Reflect.get(Object.hasOwn(hot, name) ? hot : target, name) });
}

/**
 * What every call asks of its account crosses as JSON text, several requests at once where they meet: structured
 * cloning of an object with this many fields costs more than writing and parsing it.
 */
interface JsonMethods {
  admitJson(requests: string): Promise<string>;
  settleJson(requests: string): Promise<string>;
}

interface Shared {
  refusedHere: RefusedHere;
  admit: Batcher<string, AdmitResult | Mistaken>;
  settle: Batcher<string, CloseResult | Mistaken>;
}

/** An object in the same city answers within `nearMs`; waiting for that costs a client less than another trip costs the account. */
const LIMITS = { requestsATrip: 64, nearMs: 5, gather: { ms: 8, requests: 16 }, waitMs: 2_000, answerMs: 30_000 };

const sharedByNamespace = new WeakMap<object, Shared>();

/** Shared by the whole isolate, since only there calls of one account can meet. */
function sharedOf(namespace: object): Shared {
  const known = sharedByNamespace.get(namespace);
  if (known) return known;
  // Admission and settlement are batched apart: a client waits for its admission, while at settlement its answer is
  // already there.
  const made: Shared = {
    refusedHere: new RefusedHere(),
    admit: new Batcher({ ...LIMITS, trips: { near: 2, far: 4 } }),
    settle: new Batcher({ ...LIMITS, trips: { near: 1, far: 1 } }),
  };
  sharedByNamespace.set(namespace, made);
  return made;
}

const listOf = (texts: string[]): string => `[${texts.join(',')}]`;

function right<Answer extends object>(answer: Answer | Mistaken): Answer {
  if ('mistake' in answer) throw new RangeError(answer.mistake);
  return answer;
}
