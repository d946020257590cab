// One look at an answer that its provider works on in the background, with the provider's network and the queue faked.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { type AccountStub, accountStub } from '../../../src/account/stub';
import type { BackgroundMessage } from '../../../src/account/types';
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

/** What the consumer does with the message while the provider answers so. */
async function look(
  message: BackgroundMessage,
  answer: Response,
  account: (id: string) => AccountStub = (id) => accountStub(env.ACCOUNT, id),
) {
  const did: string[] = [];
  const sent: BackgroundMessage[] = [];
  const background = { send: async (next: BackgroundMessage) => void sent.push(next) as never };
  const messages = [
    { id: '0', timestamp: new Date(), attempts: 1, body: message, ack: () => did.push('ack'), retry: () => did.push('retry') },
  ];
  const batch = { queue: 'hypereal-background', messages } as unknown as MessageBatch;
  await consume({ ...queueDeps(env), registry, account, background, fetch: async () => answer.clone() }, batch);
  return { did, sent };
}

describe('a look at an answer in the background', () => {
  it('lines up one more while it is under way, even when its hold cannot be renewed', async () => {
    const { message } = await held();
    const unreachable = { beat: () => Promise.reject(new Error('the object is being moved')) } as unknown as AccountStub;
    for (const account of [undefined, () => unreachable])
      expect(await look(message, stateOf('in_progress'), account)).toEqual({ did: ['ack'], sent: [message] });
  });
});
