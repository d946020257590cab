// A call takes its conversation, and adds to it, whatever becomes of the objects that it asks.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ConversationRef, type ConversationStub, finishWith } from '../../../src/conversations/stub';
import type { Changed, TakeRequest } from '../../../src/conversations/types';
import { newConversationId } from '../../../src/dialects/openai-responses/conversation';
import { responsesCall } from '../../../src/dialects/openai-responses/dialect';
import { afterConversation, giveBackConversation, takeConversation } from '../../../src/gateway/conversation';
import type { GatewayDeps } from '../../../src/gateway/deps';
import { requestOf } from '../dialects/openai-responses/support';

const ID = newConversationId();
const HOLD = 'req_0123456789abc-1-4cc3-2';
const OTHER = 'req_0123456789abc-1-4cc3-1';
const ACCOUNT = 'acc_0OplGcC5UkegwInh2';
const VIEW = { view: { createdAtMs: 0, metadata: {} } };
const TAKEN = { refused: 'taken', by: OTHER } as const;
const DONE = '{"status":"completed","output":[{"id":"msg_1","type":"message"}]}';

const call = () => responsesCall(requestOf({ conversation: ID, stream: false })).conversation!;
const away = () => Promise.reject(new Error('the object is being moved'));

/** What is asked of an object that does this, and of an account where the other call is in this state. */
function depsOf(object: Partial<ConversationStub>, state?: string, ending?: string, id = OTHER) {
  const refs: ConversationRef[] = [];
  const operation = async () => (state ? { id, state, detail: { ending } } : null);
  const conversation = (ref: ConversationRef) => {
    refs.push(ref);
    return object as ConversationStub;
  };
  return { refs, deps: { conversation, account: () => ({ operation }) } as unknown as GatewayDeps };
}

const taking = (deps: GatewayDeps, keyMode: 'live' | 'test' = 'live') =>
  takeConversation({ deps, accountId: ACCOUNT, keyMode, holdId: HOLD }, { ...call(), version: 3 });

afterEach(() => vi.restoreAllMocks());

describe('a conversation', () => {
  it.each([
    ['open', undefined],
    ['expired', 'background'],
  ])('is not taken from a call that is under way: %s, %s', async (state, ending) => {
    const take = vi.fn(async (): Promise<Changed> => TAKEN);
    const locked = { ok: false, error: { kind: 'conversation_locked', code: 'conversation_locked', param: 'conversation' } };
    expect(await taking(depsOf({ take }, state, ending).deps)).toMatchObject(locked);
    expect(take).toHaveBeenCalledTimes(1);
    const transcript = async () => ({ texts: [], version: 3, takenBy: OTHER });
    const { deps } = depsOf({ transcript }, state, ending);
    const key = { accountId: ACCOUNT, mode: 'live' } as const;
    expect(await afterConversation(deps, key, call(), true)).toMatchObject(locked);
    expect(await afterConversation(deps, key, call(), false)).toMatchObject({ ok: true });
  });

  it.each<[state: string | undefined, id: string]>([
    ['settled', OTHER],
    ['expired', OTHER],
    ['released', OTHER],
    [undefined, OTHER],
    // The account was restored since.
    ['open', HOLD] as const,
  ])('is taken from one that is over and said nothing: %s, %s', async (state, id) => {
    const asked: TakeRequest[] = [];
    const take = async (request: TakeRequest): Promise<Changed> => {
      asked.push(request);
      return request.insteadOf === OTHER ? VIEW : TAKEN;
    };
    const transcript = async () => ({ texts: [], version: 3, takenBy: OTHER });
    const { deps } = depsOf({ take, transcript }, state, undefined, id);
    expect(await afterConversation(deps, { accountId: ACCOUNT, mode: 'live' }, call(), true)).toMatchObject({ ok: true });
    expect(await taking(deps)).toMatchObject({ ok: true, value: { id: ID } });
    expect(asked).toMatchObject([{ holdId: HOLD, version: 3 }, { insteadOf: OTHER }]);
  });

  it('is that of the key’s kind, and no object is asked for what is no name of one', async () => {
    const { deps, refs } = depsOf({ take: async () => VIEW });
    await taking(deps, 'test');
    expect(refs).toEqual([{ accountId: ACCOUNT, isTest: true, id: ID }]);
    const named = { ...call(), id: 'conv_x' };
    const key = { accountId: ACCOUNT, mode: 'live' } as const;
    const gone = { error: { kind: 'not_found', param: 'conversation' } };
    expect(await afterConversation(deps, key, named, true)).toMatchObject(gone);
    expect(refs).toHaveLength(1);
    expect(await afterConversation(depsOf({ transcript: async () => undefined }).deps, key, call(), true)).toMatchObject(gone);
  });

  it('is asked again where its object is away, and not without end', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    let tries = 0;
    const take = () => (++tries < 3 ? away() : Promise.resolve(VIEW));
    expect(await taking(depsOf({ take }).deps)).toMatchObject({ ok: true });
    expect(await taking(depsOf({ take: away }).deps)).toMatchObject({ error: { kind: 'unavailable', param: 'conversation' } });
    const unread = await afterConversation(depsOf({ transcript: away }).deps, { accountId: ACCOUNT, mode: 'live' }, call(), true);
    expect(unread).toMatchObject({ error: { kind: 'unavailable', param: 'conversation' } });
  });

  it('is refused where it would be more than memory has room for, and a bug is none of its faults', async () => {
    const transcript = async () => ({ texts: Array(4).fill(`[${'1,'.repeat(100_000)}1]`), version: 3, takenBy: undefined });
    const key = { accountId: ACCOUNT, mode: 'live' } as const;
    const error = { kind: 'invalid_request', code: 'conversation_full', param: 'conversation' };
    expect(await afterConversation(depsOf({ transcript }).deps, key, call(), true)).toMatchObject({ error });
    const full = async () => ({ texts: [], version: 3, takenBy: undefined, isFull: true });
    expect(await afterConversation(depsOf({ transcript: full }).deps, key, call(), true)).toMatchObject({ error });
    const bug = () => {
      throw new TypeError('a bug');
    };
    const small = async () => ({ texts: [], version: 3, takenBy: undefined });
    await expect(afterConversation(depsOf({ transcript: small }).deps, key, { id: ID, after: bug }, true)).rejects.toThrow('a bug');
  });

  it('is full for a call that says more than could be sent to its object', async () => {
    const take = vi.fn(async (): Promise<Changed> => VIEW);
    const { deps } = depsOf({ take });
    const saying = (text: string) => ({ ...call(), said: () => [{ id: 'msg_1', text }] });
    const run = { deps, accountId: ACCOUNT, keyMode: 'live', holdId: HOLD } as const;
    expect(await takeConversation(run, saying('x'.repeat(16_000_001)))).toMatchObject({ error: { code: 'conversation_full' } });
    expect(take).not.toHaveBeenCalled();
    expect(await takeConversation(run, saying('x'.repeat(16_000_000)))).toMatchObject({ ok: true });
  });

  it.each([
    ['full', { refused: 'full' }, 'invalid_request'],
    ['changed since', { refused: 'changed' }, 'conversation_locked'],
    ['deleted since', { refused: 'gone' }, 'not_found'],
    ['has such an item', { refused: 'duplicate', id: 'msg_1' }, 'invalid_request'],
  ] as const)('refuses the call where it is %s', async (_, refusal, kind) => {
    expect(await taking(depsOf({ take: async () => refusal }).deps)).toMatchObject({ ok: false, error: { kind } });
  });
});

describe('an answer', () => {
  const added = async (finish: ConversationStub['finish'], answer = DONE) => {
    const taken = await taking(depsOf({ take: async () => VIEW, finish }).deps);
    return taken.ok ? taken.value.add(answer) : undefined;
  };

  it('is added under the call’s hold, and again where it is not known whether it was', async () => {
    let tries = 0;
    const finish = vi.fn(() => (++tries < 2 ? away() : Promise.resolve(VIEW)));
    expect(await added(finish)).toBeUndefined();
    expect(finish.mock.calls).toMatchObject(Array(2).fill([{ holdId: HOLD, items: [{ id: 'msg_1' }] }]));
  });

  it('that does not come gives the conversation back, and harms nobody where it cannot', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const giveBack = vi.fn(async () => {});
    for (const object of [{ giveBack }, { giveBack: away }]) {
      const taken = await taking(depsOf({ take: async () => VIEW, ...object }).deps);
      expect(taken.ok && (await taken.value.giveBack())).toBeUndefined();
    }
    expect(giveBack.mock.calls).toEqual([[HOLD]]);
  });

  it('that is canceled gives back the conversation that its hold names, and has given it back when it is done', async () => {
    const given: string[] = [];
    const giveBack = async (holdId: string) => {
      await Promise.resolve();
      given.push(holdId);
    };
    const { deps, refs } = depsOf({ giveBack });
    const canceled = { accountId: ACCOUNT, holdId: HOLD, free: true };
    await giveBackConversation(deps, { ...canceled, detail: {} });
    expect(refs).toEqual([]);
    await giveBackConversation(deps, { ...canceled, detail: { conversation: ID } });
    expect([refs, given]).toEqual([[{ accountId: ACCOUNT, isTest: true, id: ID }], [HOLD]]);
  });

  it('is given although the conversation was deleted', async () => {
    expect(await added(async () => ({ refused: 'gone' }))).toBeUndefined();
  });

  it('is refused where another call has the conversation by now, nobody can be asked, or it has no end', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const refused = { kind: 'unavailable', message: expect.stringContaining('Nothing was charged') };
    expect(await added(async () => TAKEN)).toMatchObject(refused);
    expect(await added(away)).toMatchObject(refused);
    expect(await added(async () => VIEW, '{"status":"in_progress","output":[]}')).toMatchObject(refused);
  });
});

it('an answer that is more than a message to its conversation holds is added in parts', async () => {
  const items = [7, 8, 9, 7, 17, 1].map((millions, at) => ({ id: `i${at}`, text: 'x'.repeat(millions * 1_000_000) }));
  const asked: unknown[] = [];
  let added: Changed = VIEW;
  const note = async ({ items, ...request }: { items: readonly { id: string }[] }): Promise<Changed> => {
    asked.push({ ...request, ids: items.map(({ id }) => id).join() });
    return added;
  };
  const stub = () => ({ finishPart: note, finish: note }) as unknown as ConversationStub;
  expect(await finishWith(stub, HOLD, items)).toEqual(VIEW);
  expect(asked).toEqual([
    { holdId: HOLD, after: 0, ids: 'i0,i1' },
    { holdId: HOLD, after: 2, ids: 'i2,i3' },
    { holdId: HOLD, after: 4, ids: 'i4' },
    { holdId: HOLD, ids: 'i5' },
  ]);
  asked.length = 0;
  await finishWith(stub, HOLD, items.slice(0, 2));
  expect(asked).toEqual([{ holdId: HOLD, ids: 'i0,i1' }]);
  added = { refused: 'gone' };
  expect([await finishWith(stub, HOLD, items), asked.length]).toEqual([added, 2]);
});
