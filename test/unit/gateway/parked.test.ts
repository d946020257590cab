// A large request while its provider works on it: its bytes are there, and all else of it is let go.
import { describe, expect, it } from 'vitest';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import type { Call } from '../../../src/dialects/types';
import { park, withoutRequest } from '../../../src/gateway/parked';
import { type PlannedTarget, planCall } from '../../../src/gateway/plan';
import { pooled } from '../core/pooled';
import { callOf, registryOf } from './support';

const SAID = 'x'.repeat(40_000);
const bodyFor = (model: string): string => `{"model":"${model}", "messages":[{"role":"user","content":"${SAID}"}]}`;
const own = (id: string, upstreamModel: string) => ({
  ...{ id: `custom-${id}`, baseUrl: `https://${id}.test/v1`, apiKey: 'secret' },
  models: [{ id: 'of-my-own', upstreamModel, inputUsdPerMtok: 1, outputUsdPerMtok: 1 }],
});
const registry = registryOf({ CUSTOM_PROVIDERS: JSON.stringify([own('first', 'one'), own('second', 'two')]) });

/** A call that is about to be parked. */
function waiting({ more = {}, sandbox = false, bytes = true }: { more?: Partial<Call>; sandbox?: boolean; bytes?: boolean } = {}) {
  const body = bodyFor('of-my-own');
  const incoming = { body, url: 'https://gateway.test/v1/chat/completions', headers: new Headers(), dialect: openaiChat };
  const call = { ...callOf({ model: 'of-my-own' }, body), ...more };
  const planned = planCall(registry, openaiChat, call, sandbox);
  if (!planned.ok) throw new Error(planned.error.message);
  const sent = bytes ? pooled(body) : undefined;
  const parked = park({ registry } as Parameters<typeof park>[0], { ...incoming, bytes: sent }, call, planned.value, sandbox);
  return { parked, sent, plan: planned.value };
}

const bodyOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const HOW = { model: 'two', moved: true };

describe('a parked request', () => {
  it('is sent from its bytes, with any credential, and its plan holds nothing of it', () => {
    const { parked, plan } = waiting();
    const { url, headers, body } = parked!.requestWith('secret');
    expect(url).toBe('https://first.test/v1/chat/completions');
    expect(headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer secret' });
    expect(bodyOf(body)).toBe(bodyFor('one'));
    expect(new Headers(parked!.requestWith(undefined).headers).has('authorization')).toBe(false);
    const [first, second] = plan.targets;
    expect(parked!.target).toBe(first);
    for (const { bridge } of plan.targets) expect(() => bridge.request(HOW)).toThrow('let go');
    expect([first!.bridge.repaired, second!.bridge.repaired]).toEqual([undefined, undefined]);
    expect(first!.bridge.readAnswer({ choices: [{ message: { content: 'Hi' } }] })).toMatchObject({ hasOutput: true });
    expect(() => second!.bridge.readAnswer({})).toThrow('let go');
  });

  it('is taken up from its bytes for another provider, which frees them', () => {
    const { parked, plan, sent } = waiting();
    parked!.takeUp(plan.targets);
    expect(plan.targets.map(({ bridge }) => bridge.request(HOW).body)).toEqual([bodyFor('two'), bodyFor('two')]);
    expect(plan.targets[0]!.bridge.repaired).toBeDefined();
    expect(() => sent!.bytes).toThrow('freed');
    expect(() => parked!.requestWith(undefined)).toThrow('freed');
  });

  it('is given back to the targets that it is planned for once more, and to no other', () => {
    const { parked, plan } = waiting();
    const [first, second] = plan.targets as [PlannedTarget, PlannedTarget];
    const others = [
      { ...first, provider: second.provider },
      { ...first, model: 'three' },
    ];
    const twice = { ...first };
    expect([first.other, second.other]).toEqual([undefined, undefined]);
    parked!.takeUp([...others, first, twice, second]);
    for (const { bridge, other } of [first, second]) expect([bridge.request(HOW).body, other?.()]).toEqual([bodyFor('two'), undefined]);
    for (const target of [first, second]) expect(target.other).toBeDefined();
    for (const { bridge } of [...others, twice]) expect(() => bridge.request(HOW)).toThrow('let go');
  });

  it('is freed as a whole', () => {
    const { parked, sent } = waiting();
    parked!.free();
    expect(() => sent!.bytes).toThrow('freed');
    expect(() => parked!.requestWith(undefined)).toThrow('freed');
  });

  it.each([
    ['whose bytes are not at hand', { bytes: false }],
    ['that the sandbox answers', { sandbox: true }],
    ['that is answered in the background', { more: { background: true } }],
    ['that goes on from an answer', { more: { continues: { requestId: 'req_0' } as NonNullable<Call['continues']> } }],
    ['whose answer is read with the request', { more: { over: (wire) => ({ ...callOf().over(wire)!, answersAlone: false }) } }],
  ] satisfies [string, Parameters<typeof waiting>[0]][])('is none %s, and all is as it was', (_what, how) => {
    const { parked, plan } = waiting(how);
    expect(parked).toBeUndefined();
    expect(plan.targets[0]!.bridge.request(HOW).body).toContain('"two"');
  });

  it('leaves of its call what it is waited for, priced and answered by', () => {
    const continues = { name: 'resp_0', requestId: 'req_0' } as NonNullable<Call['continues']>;
    const kept: Partial<Call> = { thoughtsOff: true, speaks: true, background: false, leastMicro: () => 5, continues };
    const streamed = withoutRequest(callOf({ ...kept, stream: true }));
    expect(streamed).toMatchObject({ ...kept, model: 'gpt-5.4', choices: 1, estimatedInputTokens: 100, worstInputTokens: 100 });
    expect(streamed.fields ?? streamed.over('openai-chat')).toBeUndefined();
    expect(streamed.openStream('req_1')).toBeDefined();
    expect(() => withoutRequest(callOf()).openStream('req_1')).toThrow('let go');
  });
});
