// One poll of an answer that its provider works on in the background, with the provider and the queue faked.
import { env } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { type AccountStub, accountStub } from '../../../src/account/stub';
import type { BackgroundMessage } from '../../../src/account/types';
import { conversationStub, inTurn } from '../../../src/conversations/stub';
import { newConversationId } from '../../../src/dialects/openai-responses/conversation';
import { queueDeps } from '../../../src/http/deps';
import { consume } from '../../../src/jobs/queues';
import { buildRegistry } from '../../../src/providers/registry';
import { admitRequest, holdOf, TestAccount } from '../account/support';

const PROVIDER = { id: 'custom-vendor', baseUrl: 'https://vendor.test/v1', apiKey: 'secret-of-the-vendor', wires: ['openai-responses'] };
const MODELS = [{ id: 'vendor-model', inputUsdPerMtok: 1, outputUsdPerMtok: 4 }];
const registry = buildRegistry({ CUSTOM_PROVIDERS: JSON.stringify([{ ...PROVIDER, models: MODELS }]) });

const stateOf = (status: string, more: Record<string, unknown> = {}) =>
  Response.json({ id: 'resp_upstream', object: 'response', status, output: [], usage: null, ...more });

async function held() {
  const account = await TestAccount.create({ credits: 1_000 });
  const holdId = await account.run((object) => holdOf(object.admit(admitRequest({ estimateMicro: 50_000 }))));
  const message: BackgroundMessage = {
    accountId: account.id,
    holdId,
    provider: PROVIDER.id,
    storedId: 'resp_upstream',
    price: { inputMicroPerMtok: 100_000_000, outputMicroPerMtok: 400_000_000 },
    estimatedInputTokens: 10,
    free: false,
    startedAtMs: Date.now(),
    detail: { ending: 'background', provider: PROVIDER.id, storedId: 'resp_upstream' },
  };
  return { account, holdId, message };
}

const given = (answer: Response | Error): Response => {
  if (answer instanceof Error) throw answer;
  return answer.clone();
};

/** What the consumer does with the message when the provider answers like this. */
async function look(
  message: BackgroundMessage,
  answer: Response | Error,
  account: (id: string) => AccountStub = (id) => accountStub(env.ACCOUNT, id),
  conversation = queueDeps(env).conversation,
) {
  const did: string[] = [];
  const sent: BackgroundMessage[] = [];
  const delaysSeconds: unknown[] = [];
  const send = async (next: BackgroundMessage, { delaySeconds }: QueueSendOptions = {}) => {
    sent.push(next);
    return delaysSeconds.push(delaySeconds) as never;
  };
  const messages = [
    { id: '0', timestamp: new Date(), attempts: 1, body: message, ack: () => did.push('ack'), retry: () => did.push('retry') },
  ];
  const batch = { queue: 'hypereal-background', messages } as unknown as MessageBatch;
  await consume({ ...queueDeps(env), registry, account, conversation, background: { send }, fetch: async () => given(answer) }, batch);
  return { did, sent, delaysSeconds };
}

const done = () => {
  const content = [{ type: 'output_text', text: 'Yes.', annotations: [] }];
  const output = [{ type: 'message', role: 'assistant', status: 'completed', id: 'msg_1', content }];
  return stateOf('completed', { output, usage: { input_tokens: 100, output_tokens: 10, total_tokens: 110 } });
};
const COST_MICRO = 100 * 100 + 10 * 400;
const notThere = () => Response.json({ error: { message: 'No such response.' } }, { status: 404 });

describe('a look at an answer in the background', () => {
  it.each<[string, () => Response | Error, missing?: true]>([
    ['a web page in its place', () => new Response('<html>Attention required!</html>', { status: 403 })],
    ['a web page that says it is not found', () => new Response('<html>Not found</html>', { status: 404 })],
    ['a credential that is paused', () => Response.json({ error: { message: 'Unauthorized' } }, { status: 401 })],
    ['a conflict', () => Response.json({ error: { message: 'Try again.' } }, { status: 409 })],
    ['a connection that is lost', () => new TypeError('Network connection lost.')],
    ['not being found once', notThere, true],
  ])('charges it when it is there, after %s', async (_what, odd, missing) => {
    const { account, holdId, message } = await held();
    const first = await look(message, odd());
    expect(first.sent).toEqual([missing ? { ...message, missingSinceMs: expect.any(Number) as number } : message]);
    await look(first.sent[0]!, done());
    const [line] = await account.run((object) => object.operations(1).lines);
    expect(line).toMatchObject({ id: holdId, outcome: 'actual', amountMicro: -COST_MICRO });
  });

  describe('charges', () => {
    /** What the account is asked to charge, which has noted what the client heard since. */
    const charged = async (more: Partial<BackgroundMessage>, answer: Response, note?: { of?: string; heardMicro: number }) => {
      const { holdId, message } = await held();
      const operation = { id: note?.of ?? holdId, state: 'open', detail: { background: note } };
      const settled: Record<string, unknown>[] = [];
      const settle = async (request: object) => ({ ok: settled.push({ ...request }) > 0 });
      await look({ ...message, ...more }, answer, () => ({ settle, operation: async () => operation }) as unknown as AccountStub);
      const [{ detailJson, ...request }] = settled as [{ detailJson: string }];
      return { ...request, detail: JSON.parse(detailJson) as Record<string, unknown> };
    };
    const said = async (usage: object | null) => stateOf('completed', { ...((await done().json()) as object), usage });

    it('what its provider reports, whatever was heard of it, and tells the call’s idempotency key', async () => {
      const idempotency = { keyHash: 'hash', stored: true };
      const { detail, ...request } = await charged({ heardMicro: 900_000, idempotency }, done());
      expect(request).toEqual({ holdId: expect.any(String) as string, costMicro: COST_MICRO, outcome: 'actual', idempotency });
      expect(detail).toMatchObject({
        ending: 'complete',
        provider: PROVIDER.id,
        usage: { inputTokens: 100, outputTokens: 10 },
        price: { inputMicroPerMtok: 100_000_000 },
      });
      expect(detail.latencyMs).toBeLessThan(600_000);
      expect(await charged({ free: true }, done())).toMatchObject({ costMicro: 0, outcome: 'actual' });
    });

    it('an estimate where nothing is reported that could be, and no less than was heard', async () => {
      const estimate = { costMicro: 10 * 100 + 400, outcome: 'estimated', detail: { ending: 'complete', usage: { inputTokens: 10 } } };
      for (const usage of [null, { input_tokens: 3e7, output_tokens: 1, total_tokens: 3e7 + 1 }])
        expect(await charged({}, await said(usage))).toMatchObject(estimate);
      expect(await charged({ heardMicro: 5_000 }, await said(null))).toMatchObject({ ...estimate, costMicro: 5_000 });
      expect(await charged({ heardMicro: 5_000 }, await said(null), { heardMicro: 6_000 })).toMatchObject({ costMicro: 6_000 });
      expect(await charged({ heardMicro: 5_000 }, await said(null), { heardMicro: 4_000 })).toMatchObject({ costMicro: 5_000 });
      expect(await charged({}, await said(null), { of: 'req_1', heardMicro: 6_000 })).toMatchObject(estimate);
    });

    it('nothing for one that says nothing', async () => {
      const empty = { costMicro: 0, outcome: 'released', detail: { ending: 'empty', usage: null } };
      expect(await charged({}, stateOf('completed'))).toMatchObject(empty);
    });
  });

  it('charges nothing for one that failed, whatever it has written and counted', async () => {
    const { account, message } = await held();
    const { output, usage } = (await done().json()) as { output: unknown; usage: unknown };
    await look(
      { ...message, heardMicro: 1_234 },
      stateOf('failed', { output, usage, error: { code: 'server_error', message: 'On fire.' } }),
    );
    const [line] = await account.run((object) => object.operations(1).lines);
    expect(line).toMatchObject({ outcome: 'released', amountMicro: 0, detail: { ending: 'upstream_failed' } });
  });

  it('takes it for gone where its provider says so for two minutes, and charges what was heard', async () => {
    const { account, message } = await held();
    const heard = { ...message, heardMicro: 1_234 };
    const first = await look(heard, notThere());
    expect(first.sent).toEqual([{ ...heard, missingSinceMs: expect.any(Number) as number }]);
    const between = await look(first.sent[0]!, stateOf('in_progress'));
    expect(between.sent).toEqual([heard]);
    const later = { ...first.sent[0]!, missingSinceMs: Date.now() - 121_000 };
    expect((await look(later, notThere())).sent).toEqual([]);
    const [line] = await account.run((object) => object.operations(1).lines);
    expect(line).toMatchObject({ outcome: 'estimated', amountMicro: -1_234 });
  });

  it('adds it to its conversation before it is charged, and once', async () => {
    const { account, holdId, message } = await held();
    const ref = { accountId: account.id, isTest: false, id: newConversationId() };
    const conversation = conversationStub(env.CONVERSATION, ref);
    await conversation.create({ metadata: {}, items: [], isTest: false });
    await conversation.take({ holdId, version: 1, items: [{ id: 'msg_0', text: '"asked"' }] });
    const inIt = { ...message, detail: { ...message.detail, conversation: ref.id } };
    const away = () => Promise.reject(new Error('away')) as never;
    const spied = vi.spyOn(console, 'error').mockReturnValue();
    expect((await look(inIt, done(), undefined, () => ({ ...conversation, finish: away }))).did).toEqual(['retry']);
    expect((await account.run((object) => object.operations(1))).holds).toHaveLength(1);
    expect((await look(inIt, done())).did).toEqual(['ack']);
    spied.mockClear();
    await conversation.add({ items: [{ id: 'msg_2', text: '"aside"' }] });
    expect((await look(inIt, done())).did).toEqual(['ack']);
    expect(spied).not.toHaveBeenCalled();
    spied.mockRestore();
    expect((await conversation.transcript())!.texts).toEqual(['"asked"', expect.stringContaining('"Yes."'), '"aside"']);
    const [line] = await account.run((object) => object.operations(1).lines);
    expect(line).toMatchObject({ id: holdId, amountMicro: -COST_MICRO, detail: { conversation: ref.id } });
  });

  it('adds nothing of one that was canceled or failed', async () => {
    for (const status of ['cancelled', 'failed']) {
      const { account, holdId, message } = await held();
      const ref = { accountId: account.id, isTest: false, id: newConversationId() };
      const conversation = conversationStub(env.CONVERSATION, ref);
      await conversation.create({ metadata: {}, items: [], isTest: false });
      await conversation.take({ holdId, version: 1, items: [{ id: 'msg_0', text: '"asked"' }] });
      const { output, usage } = (await done().json()) as { output: unknown; usage: unknown };
      const inIt = { ...message, detail: { ...message.detail, conversation: ref.id } };
      await look(inIt, stateOf(status, { output, usage }));
      // Another look may be told otherwise.
      await look(inIt, done());
      expect((await conversation.transcript())!.texts).toEqual([]);
      const find = (month: number, seq: number) => account.run((object) => object.operation(month, seq));
      expect(await inTurn(find, (insteadOf) => conversation.add({ items: [], insteadOf }))).toMatchObject({ view: {} });
    }
  });

  it('comes again where another call is under way with its idempotency key, which may pay for both', async () => {
    const { message } = await held();
    const settle = async () => ({ ok: false, reason: 'undecided' });
    const undecided = { settle, operation: async () => null } as unknown as AccountStub;
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    expect((await look(message, done(), () => undecided)).did).toEqual(['retry']);
    logged.mockRestore();
  });

  it('goes on for as long as a provider may take for an answer that need not come soon', async () => {
    const { account, holdId, message } = await held();
    const late = { ...message, startedAtMs: Date.now() - 8 * 3_600_000 };
    expect((await look(late, stateOf('in_progress'))).sent).toEqual([late]);
    await look(late, done());
    const [line] = await account.run((object) => object.operations(1).lines);
    expect(line).toMatchObject({ id: holdId, outcome: 'actual', amountMicro: -COST_MICRO });
  });

  it('comes soon at first and later ever less often', async () => {
    const { message } = await held();
    const nowMs = Date.now();
    vi.useFakeTimers({ now: nowMs, toFake: ['Date'] });
    for (const [afterMs, delaySeconds] of [
      [0, 2],
      [59_999, 5],
      [300_000, 30],
      [3_600_000, 60],
    ] as const) {
      const { delaysSeconds } = await look({ ...message, startedAtMs: nowMs - afterMs }, stateOf('in_progress'));
      expect(delaysSeconds).toEqual([delaySeconds]);
    }
    vi.useRealTimers();
  });

  it.each([
    ['its provider has forgotten', (message: BackgroundMessage) => ({ ...message, startedAtMs: Date.now() - 9 * 3_600_000 })],
    ['nobody can ask for', (message: BackgroundMessage) => ({ ...message, provider: 'custom-gone' })],
  ])('is the last one at an answer that %s, which costs what was heard', async (_what, made) => {
    const { account, message } = await held();
    expect((await look({ ...made(message), heardMicro: 1_234 }, stateOf('in_progress'))).sent).toEqual([]);
    const [line] = await account.run((object) => object.operations(1).lines);
    expect(line).toMatchObject({ outcome: 'estimated', amountMicro: -1_234, detail: { ending: 'upstream_failed' } });
  });

  it('lines up one more while it is under way, even when its hold cannot be renewed', async () => {
    const { message, holdId } = await held();
    const beats: unknown[] = [];
    const beating = { beat: async (beat: unknown) => void beats.push(beat) } as unknown as AccountStub;
    await look({ ...message, heardMicro: 1_234 }, stateOf('in_progress'), () => beating);
    expect(beats).toEqual([{ holdId, checkpointMicro: 1_234, leaseMs: 900_000 }]);
    const unreachable = { beat: () => Promise.reject(new Error('the object is being moved')) } as unknown as AccountStub;
    for (const account of [undefined, () => unreachable])
      expect(await look(message, stateOf('in_progress'), account)).toMatchObject({ did: ['ack'], sent: [message] });
  });
});
