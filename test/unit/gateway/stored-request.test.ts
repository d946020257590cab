// Who is let to an answer that a provider keeps, and what its provider is asked, and how often.
import { describe, expect, it } from 'vitest';
import type { BackgroundMessage } from '../../../src/account/types';
import type { ApiKey } from '../../../src/core/api-key';
import { operationId } from '../../../src/core/ids';
import { readSettings } from '../../../src/env';
import type { GatewayDeps } from '../../../src/gateway/deps';
import { noteOf } from '../../../src/gateway/stored-answer';
import { askOwner, type StoredRequest } from '../../../src/gateway/stored-request';
import { openaiChatWire } from '../../../src/providers/wires/openai-chat';
import { openaiResponsesWire } from '../../../src/providers/wires/openai-responses';
import { NOW_MS, provider } from './support';

const ID = operationId({ nonce: '0123456789abc', epoch: 1, month: 203_101, seq: 7 });
const DETAIL = { provider: 'a', storedId: 'resp_a' };
const PRICE = { inputMicroPerMtok: 1, outputMicroPerMtok: 2 };
const keyOf = (accountId: string) => ({ accountId, keyId: `key_${accountId}`, secretHash: '' }) as unknown as ApiKey;
const REFUSED = { kind: 'invalid_key', message: 'This key was revoked.' } as const;
const receipt = (detail: object) => ({ id: ID, state: 'settled', amountMicro: -1, detail: { ...DETAIL, ...detail } });

interface World {
  /** The answers of the provider to its credentials, in turn. */
  answers?: (() => Response)[];
  /** Why an account refuses its key. */
  refusals?: Record<string, object>;
  /** The account that left the answer, and the receipt. */
  owner?: string;
  detail?: object;
  keeper?: ReturnType<typeof provider>;
  request?: Partial<StoredRequest>;
}

async function ask({ answers = [() => Response.json({})], refusals = {}, owner = 'acc_1', detail = {}, keeper, request }: World = {}) {
  const fetched: { url: string; authorization: unknown }[] = [];
  const kept = keeper ?? provider('a', answers.length, { wires: [openaiChatWire, openaiResponsesWire] });
  const deps = {
    settings: readSettings({ KEY_MAC_SECRET: 'x'.repeat(32) }),
    registry: { providers: new Map([['a', kept]]) },
    account: (id: string) => ({
      authorize: async () => refusals[id] ?? null,
      operation: async () => (id === owner ? receipt(detail) : null),
    }),
    fetch: async (url: string, { headers }: RequestInit) => {
      fetched.push({ url, authorization: new Headers(headers).get('authorization') });
      return answers[fetched.length - 1]!();
    },
  } as unknown as GatewayDeps;
  const asked = { method: 'GET', requestId: ID, suffix: '', keys: [keyOf('acc_1')], origin: null, ip: null, ...request } as StoredRequest;
  return { fetched, asked: await askOwner(deps, asked) };
}

const failing = (status: number) => () => Response.json({ error: { message: 'No.' } }, { status });

describe('an answer that a provider keeps', () => {
  it('is asked for under its own id, with the credential of its provider', async () => {
    const { fetched, asked } = await ask({ request: { suffix: '?include[]=x' } });
    expect(fetched).toEqual([{ url: 'https://a.test/v1/responses/resp_a?include[]=x', authorization: 'Bearer secret-a-0' }]);
    expect(asked).toMatchObject({ ok: true, value: { response: { status: 200 }, stored: { upstreamId: 'resp_a' } } });
  });

  it('is nobody’s whose key may not be used, and that of the next key that may', async () => {
    const refused = await ask({ refusals: { acc_1: REFUSED } });
    expect(refused).toEqual({ fetched: [], asked: { ok: false, error: REFUSED } });
    const keys = [keyOf('acc_1'), keyOf('acc_2'), keyOf('acc_3')];
    const second = await ask({ refusals: { acc_1: REFUSED }, owner: 'acc_2', request: { keys } });
    expect(second.asked).toMatchObject({ ok: true, value: { response: { status: 200 } } });
    // One of the keys may be used, and has no such answer.
    for (const bad of ['acc_1', 'acc_2', 'acc_3'])
      expect((await ask({ refusals: { [bad]: REFUSED }, owner: 'acc_4', request: { keys } })).asked).toEqual({
        ok: true,
        value: undefined,
      });
    const all = { acc_1: REFUSED, acc_2: REFUSED, acc_3: { ...REFUSED, message: 'Another.' } };
    expect((await ask({ refusals: all, request: { keys } })).asked).toMatchObject({ ok: false, error: { message: 'Another.' } });
    expect((await ask({ request: { keys: [] } })).asked).toMatchObject({ ok: false, error: { kind: 'invalid_key' } });
  });

  it('is not there where its provider is none any more, or keeps none', async () => {
    const nothing = { fetched: [], asked: { ok: true, value: undefined } };
    expect(await ask({ detail: { provider: 'gone' } })).toEqual(nothing);
    expect(await ask({ keeper: provider('a') })).toEqual(nothing);
  });

  it('is charged before anybody sees it, and only where it has still to be', async () => {
    const message = { ...DETAIL, accountId: 'acc_1', holdId: ID, price: PRICE, free: false, startedAtMs: NOW_MS, estimatedInputTokens: 5 };
    const detail = noteOf({ ...message, detail: { ...DETAIL, price: PRICE, ending: 'background' } });
    const charged: string[] = [];
    const unlessUnsettled = (error?: typeof REFUSED) => async (unsettled: BackgroundMessage) => {
      charged.push(unsettled.holdId);
      return error;
    };
    const refused = await ask({ detail, request: { unlessUnsettled: unlessUnsettled(REFUSED) } });
    expect(refused).toEqual({ fetched: [], asked: { ok: false, error: REFUSED } });
    expect((await ask({ detail, request: { unlessUnsettled: unlessUnsettled() } })).fetched).toHaveLength(1);
    expect((await ask({ detail })).fetched).toHaveLength(1);
    expect((await ask({ request: { unlessUnsettled: unlessUnsettled(REFUSED) } })).fetched).toHaveLength(1);
    expect(charged).toEqual([ID, ID]);
  });

  it('is asked for as one that was canceled, of a provider that forgets that', async () => {
    const wires = [openaiResponsesWire];
    const forgetful = provider('a', 1, { wires, canceledQuery: 'canceled=true' });
    const urlOf = async (world: World) => (await ask(world)).fetched[0]!.url.replace(/^.*resp_a/, '');
    const canceled = { detail: { canceled: true }, keeper: forgetful };
    expect(await urlOf(canceled)).toBe('?canceled=true');
    expect(await urlOf({ ...canceled, request: { suffix: '?stream=true' } })).toBe('?stream=true&canceled=true');
    expect(await urlOf({ keeper: forgetful })).toBe('');
    expect(await urlOf({ ...canceled, keeper: provider('a', 1, { wires }) })).toBe('');
  });

  it.each([
    ['found by the next credential', [404, 200], 200],
    ['not found by any', [404, 403], undefined],
    ['refused for what is asked', [409, 200], 409],
    ['not to be had, where one could not say', [429, 404], 'upstream_failed'],
    ['not to be had, where one is down', [404, 500], 'upstream_failed'],
  ])('is %s: %j', async (_what, statuses, outcome) => {
    const { asked } = await ask({ answers: statuses.map((status) => (status === 200 ? () => Response.json({}) : failing(status))) });
    const status = asked.ok && typeof asked.value === 'object' ? asked.value.response.status : undefined;
    expect(asked.ok ? status : asked.error.kind).toBe(outcome);
  });

  it('is not to be had where nobody can be reached, and is had without a credential where its provider has none', async () => {
    const away = () => {
      throw new TypeError('Network connection lost.');
    };
    expect((await ask({ answers: [away] })).asked).toMatchObject({ ok: false, error: { kind: 'upstream_failed' } });
    const open = await ask({ keeper: provider('a', 0, { wires: [openaiResponsesWire] }) });
    expect(open.fetched).toMatchObject([{ authorization: null }]);
    const serve = async () => Response.json({}, { status: 422 });
    const served = await ask({ keeper: provider('a', 0, { wires: [openaiResponsesWire], serve }) });
    expect(served).toMatchObject({ fetched: [], asked: { ok: true, value: { response: { status: 422 } } } });
  });
});
