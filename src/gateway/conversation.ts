/** A call that goes on with a conversation: reads it, has it for as long as the call lasts, and adds to it in the end. */
import type { BackgroundMessage } from '../account/types';
import {
  type ConversationRef,
  type ConversationStub,
  type FindOperation,
  finishWith,
  insistently,
  inTurn,
  isUnderWay,
  operationFinder,
  tooLarge,
} from '../conversations/stub';
import type { Changed, Refusal, TakeRequest, Transcript } from '../conversations/types';
import type { ApiKey } from '../core/api-key';
import { fail, type GatewayError, ok, type Result } from '../core/errors';
import { hasTooManyValues } from '../core/json-size';
import { isConversationId } from '../dialects/openai-responses/conversation';
import type { Call, NamedConversation } from '../dialects/types';
import type { GatewayDeps } from './deps';
import type { Run, TakenConversation } from './run';

type Deps = Pick<GatewayDeps, 'account' | 'conversation'>;

const MAX_QUOTED_CHARS = 200;
const PARAM = { param: 'conversation' };

export const noConversation = (id: string): { ok: false; error: GatewayError } =>
  fail('not_found', `Conversation with id '${id.slice(0, MAX_QUOTED_CHARS)}' not found.`, PARAM);

export const unreachable = () =>
  fail('unavailable', 'The conversation could not be reached; try again.', { ...PARAM, retryAfterSeconds: 2 });

const locked = () =>
  fail('conversation_locked', 'Another response is under way in this conversation. Please retry when it is there.', {
    ...PARAM,
    code: 'conversation_locked',
    retryAfterSeconds: 2,
  });

/** Why a conversation was not changed, as its client is told. */
export function refusalOf(refusal: Refusal, id: string): { ok: false; error: GatewayError } {
  switch (refusal.refused) {
    case 'gone':
      return noConversation(id);
    case 'taken':
    case 'changed':
      return locked();
    case 'full':
      return fail('invalid_request', 'This conversation is full: it holds 5,000 items and 8 MB of text. Begin another one.', {
        ...PARAM,
        code: 'conversation_full',
      });
    case 'unknown':
      return fail('not_found', `There is no such item in the conversation '${id}'.`);
    case 'duplicate':
      return fail('invalid_request', `Duplicate item found with id ${refusal.id.slice(0, MAX_QUOTED_CHARS)}.`);
  }
}

/**
 * The call, or token question, after all that was said in its conversation.
 *
 * @param toTake The call is about to take the conversation, which is refused early where another has it.
 */
export async function afterConversation<T>(
  deps: Deps,
  { accountId, mode }: Pick<ApiKey, 'accountId' | 'mode'>,
  { id, after }: Pick<NamedConversation<T>, 'id' | 'after'>,
  toTake: boolean,
): Promise<Result<T>> {
  if (!isConversationId(id)) return noConversation(id);
  const read = await readFree(deps, { accountId, isTest: mode === 'test', id }, toTake);
  if (!read.ok) return read;
  const { texts, version } = read.value;
  return hasTooManyValues(texts.join(',')) ? TOO_COMPLEX : ok(after(texts, version));
}

/** It was written in bodies each of which was taken; together they may be more than memory has room for. */
const TOO_COMPLEX = fail('invalid_request', 'The items of this conversation have too many values together. Begin another one.', {
  ...PARAM,
  code: 'conversation_full',
});

async function readFree(deps: Deps, ref: ConversationRef, toTake: boolean): Promise<Result<Transcript>> {
  try {
    const transcript = await insistently(
      () => deps.conversation(ref),
      (object) => object.transcript(),
    );
    if (!transcript) return noConversation(ref.id);
    const { takenBy, isFull } = transcript;
    if (isFull) return refusalOf({ refused: 'full' }, ref.id);
    const isTaken = toTake && takenBy !== undefined && (await isUnderWay(operationFinder(deps, ref.accountId), takenBy));
    return isTaken ? locked() : ok(transcript);
  } catch (error) {
    console.error('conversation not read', String(error));
    return unreachable();
  }
}

/** Gives an admitted call its conversation, unless it has gone on meanwhile, or another call has it. */
export async function takeConversation(
  { deps, accountId, keyMode, holdId }: Pick<Run, 'deps' | 'accountId' | 'keyMode' | 'holdId'>,
  { id, said, answered, version = 0 }: NonNullable<Call['conversation']>,
): Promise<Result<TakenConversation>> {
  const stub = () => deps.conversation({ accountId, isTest: keyMode === 'test', id });
  const request = { holdId, version, items: said() };
  try {
    const taken = await take(operationFinder(deps, accountId), stub, request);
    if (taken.refused) return refusalOf(taken, id);
  } catch (error) {
    console.error('conversation not taken', String(error));
    return unreachable();
  }
  return ok({ id, add: (answer) => addAnswer(stub, holdId, answered(answer)), giveBack: () => giveBack(stub, holdId) });
}

/** Apart, so that what the call said is let go of: a stream keeps what it adds its answer with. */
function take(find: FindOperation, stub: () => ConversationStub, request: TakeRequest): Promise<Changed> {
  const full = tooLarge(request.items);
  if (full) return Promise.resolve(full);
  return inTurn(find, (insteadOf) => insistently(stub, (object) => object.take({ ...request, insteadOf })));
}

/** For a canceled answer, whose hold stays until its provider was asked what it came to. Its client may go on meanwhile. */
export async function giveBackConversation(
  { conversation }: Pick<Deps, 'conversation'>,
  { accountId, holdId, free, detail }: Pick<BackgroundMessage, 'accountId' | 'holdId' | 'free' | 'detail'>,
): Promise<void> {
  const { conversation: id } = detail;
  if (typeof id === 'string') await giveBack(() => conversation({ accountId, isTest: free, id }), holdId);
}

/** Whoever comes next finds out by the hold where this fails. */
async function giveBack(stub: () => ConversationStub, holdId: string): Promise<void> {
  try {
    await insistently(stub, (object) => object.giveBack(holdId));
  } catch (error) {
    console.error('conversation not given back', String(error));
  }
}

const NOT_ADDED = fail('unavailable', 'The answer could not be added to its conversation. Nothing was charged; try again.', PARAM).error;

async function addAnswer(
  stub: () => ConversationStub,
  holdId: string,
  items: ReturnType<NamedConversation['answered']>,
): Promise<GatewayError | undefined> {
  if (!items) return NOT_ADDED;
  try {
    const added = await finishWith(stub, holdId, items);
    // Its client has deleted it meanwhile, and gets the answer all the same.
    return added.refused && added.refused !== 'gone' ? NOT_ADDED : undefined;
  } catch (error) {
    console.error('answer not added to its conversation', String(error));
    return NOT_ADDED;
  }
}
