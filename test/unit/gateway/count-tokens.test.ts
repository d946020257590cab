import { describe, expect, it } from 'vitest';
import type { AccountStub } from '../../../src/account/stub';
import { fail } from '../../../src/core/errors';
import { Health } from '../../../src/core/health';
import { parseCountTokens } from '../../../src/dialects/anthropic-messages/count-tokens';
import { anthropicMessages } from '../../../src/dialects/anthropic-messages/dialect';
import { countTokens } from '../../../src/gateway/count-tokens';
import type { GatewayDeps } from '../../../src/gateway/deps';
import { NOW_MS, registryOf } from './support';

const BODY = '{"model":"claude-opus-4-6","messages":[{"role":"user","content":"Hi"}]}';

/** Records what the account and the upstream were asked. */
function bench(
  env: Record<string, unknown>,
  answer: Awaited<ReturnType<AccountStub['authorize']>>,
  hourlyLimits: Record<string, number> = {},
) {
  const asked: unknown[] = [];
  const sent: string[] = [];
  const usedKeys: unknown[] = [];
  const health = new Health();
  const deps = {
    settings: {},
    health,
    now: () => NOW_MS,
    registry: registryOf(env),
    hourlyLimits,
    account: () => ({
      authorize: async (request: unknown) => {
        asked.push(request);
        return answer;
      },
    }),
    fetch: async (url: string, { headers }: RequestInit) => {
      sent.push(url);
      usedKeys.push((headers as Record<string, string>)['x-api-key']);
      return Response.json({ input_tokens: 4_711 });
    },
  } as unknown as GatewayDeps;
  const question = parseCountTokens({ body: BODY, url: 'https://gateway.test/v1/messages/count_tokens', headers: new Headers() });
  if (!question.ok) throw new Error(question.error.message);
  const key = { accountId: 'acc_a', keyId: 'key_a', secretHash: 'hash', mode: 'live' as const };
  const count = () =>
    countTokens(deps, { dialect: anthropicMessages, question: question.value, keys: [key as never], origin: null, ip: null });
  return { asked, sent, usedKeys, health, count };
}

const LIMITED = fail('rate_limited', 'Enough.').error;

describe('a token count', () => {
  it('is asked of a provider three times as often an hour as calls may be made, be their limit lowered', async () => {
    for (const [limits, atMost] of [
      [{}, 3_000],
      [{ chat: 5_000 }, 15_000],
      [{ chat: 2 }, 3_000],
    ] as const) {
      const { asked, sent, count } = bench({ ANTHROPIC_API_KEY: 'k' }, null, limits);
      expect(await count()).toEqual({ ok: true, value: '{"input_tokens":4711}' });
      expect(asked).toEqual([{ keyId: 'key_a', secretHash: 'hash', origin: null, ip: null, tokenCountsAtMost: atMost }]);
      expect(sent).toHaveLength(1);
    }
  });

  it('is asked with each of the keys in turn, but for one that is left alone', async () => {
    const { usedKeys, health, count } = bench({ ANTHROPIC_API_KEY: 'one,two' }, null);
    for (let times = 0; times < 2; times++) await count();
    expect(usedKeys).toEqual(['one', 'two']);
    health.pauseKey('anthropic', 0, NOW_MS + 1_000);
    for (let times = 0; times < 2; times++) await count();
    expect(usedKeys.slice(2)).toEqual(['two', 'two']);
  });

  it('is an estimate from then on, and nobody is asked', async () => {
    const { sent, count } = bench({ ANTHROPIC_API_KEY: 'k' }, LIMITED);
    expect(await count()).toEqual({ ok: true, value: expect.stringMatching(/^\{"input_tokens":\d{1,2}\}$/) });
    expect(sent).toEqual([]);
  });

  it('takes up nothing where it is an estimate in any case', async () => {
    const { asked, count } = bench({ OPENAI_API_KEY: 'k' }, null);
    expect((await count()).ok).toBe(true);
    expect(asked).toEqual([{ keyId: 'key_a', secretHash: 'hash', origin: null, ip: null }]);
  });

  it('is refused to a key that is not good', async () => {
    const { sent, count } = bench({ ANTHROPIC_API_KEY: 'k' }, fail('revoked_key', 'This API key was revoked.').error);
    expect(await count()).toMatchObject({ ok: false, error: { kind: 'revoked_key' } });
    expect(sent).toEqual([]);
  });
});
