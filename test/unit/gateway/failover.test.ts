import { describe, expect, it, vi } from 'vitest';
import { retryAfterMs } from '../../../src/gateway/retry-after';
import { upstreamError } from '../../../src/gateway/run';
import { openaiResponsesWire } from '../../../src/providers/wires/openai-responses';
import { type Act, Bench, callOf, failing, NOW_MS, planOf, provider } from './support';

const answers = () => Response.json({ choices: [] });
const breaks = () => Promise.reject(new TypeError('Network connection lost. /srv/stack.ts:1'));
const breaksOff = (status = 200) =>
  new Response(new ReadableStream({ start: (body) => body.error(new TypeError('Network connection lost.')) }), { status });
const hangs = () => new Promise<Response>(() => {});

describe('failover', () => {
  it('asks the first target only, where it answers', async () => {
    const bench = new Bench().script('a', answers).script('b', answers);
    const failover = bench.failover(planOf(provider('a'), provider('b')));
    expect((await failover.next())?.target.provider.spec.id).toBe('a');
    expect(bench.sent).toEqual([{ provider: 'a', key: 'secret-a-0', model: 'model-of-a', path: '/v1/chat/completions' }]);
    expect(failover.attempts).toMatchObject([{ provider: 'a', model: 'model-of-a', status: 200, outcome: 'answered' }]);
  });

  it.each([
    ['once more, then elsewhere, where it failed in passing', () => failing(503), ['a', 'a', 'b']],
    ['once more, then elsewhere, where it cannot be reached', breaks, ['a', 'a', 'b']],
    ['elsewhere at once where the work may have been done', () => failing(504), ['a', 'b']],
    ['elsewhere at once where there is no such model', () => failing(404, 'The model `x` does not exist'), ['a', 'b']],
    ['elsewhere where its only key is refused', () => failing(401), ['a', 'b']],
    ['elsewhere where its only key is rate limited', () => failing(429), ['a', 'b']],
    ['elsewhere where it redirects', () => new Response(null, { status: 302, headers: { location: 'https://evil.test' } }), ['a', 'b']],
    ['elsewhere where it has no content', () => new Response(null, { status: 204 }), ['a', 'b']],
  ] as const)('asks %s', async (_name, act, tried) => {
    const bench = new Bench().script('a', act).script('b', answers);
    const failover = bench.failover(planOf(provider('a'), provider('b')));
    expect((await failover.next())?.target.provider.spec.id).toBe('b');
    expect(bench.tried).toEqual(tried);
  });

  it.each([401, 402, 403, 429])('asks with the next key after a %d, and begins with that one from then on', async (status) => {
    const bench = new Bench().script('a', () => failing(status), answers);
    const plan = planOf(provider('a', 3));
    await bench.failover(plan).next();
    expect(bench.sent.map(({ key }) => key)).toEqual(['secret-a-0', 'secret-a-1']);
    expect(bench.health.keyOrder('a', 3, NOW_MS).at(-1)).toBe(0);
    const pauseMs = status === 429 ? 10_000 : 300_000;
    expect(bench.health.keyOrder('a', 3, NOW_MS + pauseMs - 1).at(-1)).toBe(0);
  });

  const toldInBody = (retryDelay: string): Response => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }];
    return Response.json([{ error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded.', details } }], { status: 429 });
  };

  it.each<[string, Act, number]>([
    ['2 s', () => failing(429, 'slow down', { 'retry-after': '2' }), 2_000],
    ['600 s', () => failing(429, 'slow down', { 'retry-after': '600' }), 60_000],
    ['52.45 s in the body', () => toldInBody('52.454646382s'), 52_455],
    ['nothing of use in the body', () => toldInBody('soon'), 10_000],
  ])('leaves a rate limited key alone for as long as its provider says, a minute at most: %s', async (_told, act, pauseMs) => {
    const bench = new Bench().script('a', act, answers);
    await bench.failover(planOf(provider('a', 2))).next();
    const firstAt = (nowMs: number) => [0, 1].map(() => bench.health.keyOrder('a', 2, nowMs)[0]).sort();
    expect(firstAt(NOW_MS + pauseMs - 1)).toEqual([1, 1]);
    expect(firstAt(NOW_MS + pauseMs)).toEqual([0, 1]);
  });

  it.each<[string, Act, boolean]>([
    ['fails in passing', () => failing(503), false],
    ['fails', () => failing(504), false],
    ['does not answer in time', hangs, false],
    ['redirects', () => new Response(null, { status: 302 }), false],
    ['lacks the model', () => failing(404, 'The model `x` does not exist'), true],
    ['refuses the call', () => failing(400), true],
    ['refuses the key', () => failing(401), true],
    ['limits the key', () => failing(429, 'slow down', { 'retry-after': '60' }), true],
  ])('goes on to trust a provider, or not, that %s', async (_what, act, isTrusted) => {
    const bench = new Bench().script('a', act);
    const call = () => bench.failover(planOf(provider('a')), { settings: { JSON_TIMEOUT_MS: 20 } }).next();
    await Promise.all(Array.from({ length: 5 }, call));
    expect(bench.health.allows('a', NOW_MS)).toBe(isTrusted);
  });

  it.each([true, false])('goes by whether a provider is to blame for an answer that came to nothing: not %s', async (isBlameless) => {
    const bench = new Bench().script('a', answers);
    for (let calls = 0; calls < 5; calls++) {
      const failover = bench.failover(planOf(provider('a')));
      failover.failed((await failover.next())!, { action: 'next_target', message: 'silent', isBlameless });
    }
    expect(bench.health.allows('a', NOW_MS)).toBe(isBlameless);
  });

  it.each([
    ['0.01', ['0', '1', '1']],
    ['60', ['0', '1']],
  ])('asks once more with the last of its keys where all are rate limited for %s s, and nobody else is left', async (wait, keys) => {
    const limited = () => failing(429, 'slow down', { 'retry-after': wait });
    const bench = new Bench().script('a', limited, limited, answers);
    const attempt = await bench.failover(planOf(provider('a', 2))).next();
    expect(bench.sent.map(({ key }) => key?.at(-1))).toEqual(keys);
    expect(attempt !== undefined).toBe(keys.length === 3);
  });

  it.each([400, 413, 422])("ends at the caller's own fault, a %d", async (status) => {
    const bench = new Bench().script('a', () => failing(status, 'temperature is too high')).script('b', answers);
    const failover = bench.failover(planOf(provider('a', 2), provider('b')));
    expect(await failover.next()).toBeUndefined();
    expect(await failover.next()).toBeUndefined();
    expect(bench.tried).toEqual(['a']);
    expect(failover.finalFailure).toMatchObject({ action: 'caller', status, message: 'temperature is too high' });
    expect(bench.health.allows('a', NOW_MS)).toBe(true);
  });

  it('asks elsewhere where an answer is larger than there is room for, however often, and everybody else as before', async () => {
    const huge = () => new Response('{}', { headers: { 'content-length': String(300 * 1_048_576) } });
    const times = Array.from({ length: 10 });
    const bench = new Bench().script('a', ...times.map(() => huge)).script('b', ...times.map(() => answers));
    for (const _ of times) {
      const failover = bench.failover(planOf(provider('a'), provider('b')));
      expect((await failover.next())?.target.provider.spec.id).toBe('b');
      expect(failover.attempts[0]).toMatchObject({ outcome: 'failed', message: 'the provider sent more than an answer may have' });
    }
    expect(bench.tried).toEqual(times.flatMap(() => ['a', 'b']));
    expect(bench.health.allows('a', bench.nowMs)).toBe(true);
  });

  it('tells why a call was refused, though the refusal repeats a long prompt', async () => {
    const detail = [{ type: 'value_error', loc: ['body', 'top_k'], msg: 'Input should be less than 9', input: 'x'.repeat(100_000) }];
    const failover = new Bench().script('a', () => Response.json({ detail }, { status: 422 })).failover(planOf(provider('a')));
    await failover.next();
    expect(failover.finalFailure).toMatchObject({ action: 'caller', message: 'top_k: Input should be less than 9', param: 'top_k' });
  });

  it.each([
    ['refuses it', () => failing(400), true],
    ['does not answer in time', hangs, true],
    ['breaks off in the middle of its answer', () => breaksOff(), true],
    ['cannot be reached', breaks, false],
  ] as const)('knows whether a provider has got the call, which %s', async (_name, act, hasSent) => {
    const bench = new Bench().script('a', act);
    const failover = bench.failover(planOf(provider('a')), { settings: { JSON_TIMEOUT_MS: 20 } });
    expect(await failover.next()).toBeUndefined();
    expect(failover.hasSent).toBe(hasSent);
  });

  describe('that takes the call in another format only', () => {
    const REFUSAL =
      'Function tools with reasoning_effort are not supported for gpt-5.5 in /v1/chat/completions. Please use /v1/responses instead.';
    const GONE = 'This model is only supported in v1/responses and not in v1/chat/completions.';
    const whole = () => Response.json({ object: 'response', status: 'completed', output: [] });
    const both = (id: string, keys = 1) => {
      const [target] = planOf(provider(id, keys)).targets;
      const bridge = callOf().over('openai-responses')!;
      return { ...target!, other: () => ({ ...target!, wire: openaiResponsesWire, bridge }) };
    };
    const wiresOf = (bench: Bench) => bench.sent.map(({ provider: id, path, key }) => [id, path, key?.at(-1)]);

    it.each([
      [400, REFUSAL],
      [404, GONE],
      [404, 'Not Found'],
    ])('asks it in that one, after a %d: %s', async (status, message) => {
      const bench = new Bench().script('a', () => failing(status, message), whole).script('b', answers);
      const attempt = await bench.failover({ ...planOf(provider('b')), targets: [both('a'), ...planOf(provider('b')).targets] }).next();
      expect(attempt?.target.wire.id).toBe('openai-responses');
      expect(wiresOf(bench)).toEqual([
        ['a', '/v1/chat/completions', '0'],
        ['a', '/v1/responses', '0'],
      ]);
      expect(bench.health.allows('a', NOW_MS)).toBe(true);
    });

    it('asks it in that one with its other keys, too', async () => {
      const bench = new Bench().script(
        'a',
        () => failing(400, REFUSAL),
        () => failing(401),
        whole,
      );
      await bench.failover({ ...planOf(), targets: [both('a', 2)] }).next();
      expect(wiresOf(bench)).toEqual([
        ['a', '/v1/chat/completions', '0'],
        ['a', '/v1/responses', '0'],
        ['a', '/v1/responses', '1'],
      ]);
    });

    it('asks the next one, where it does not speak another', async () => {
      const bench = new Bench().script('a', () => failing(400, REFUSAL)).script('b', answers);
      const attempt = await bench.failover(planOf(provider('a', 2), provider('b'))).next();
      expect(attempt?.target.provider.spec.id).toBe('b');
      expect(bench.tried).toEqual(['a', 'b']);
    });

    it('is the last word where nobody is left', async () => {
      const bench = new Bench().script('a', () => failing(400, REFUSAL));
      const failover = bench.failover(planOf(provider('a', 2)));
      expect(await failover.next()).toBeUndefined();
      expect(bench.tried).toEqual(['a']);
      expect(upstreamError(failover.finalFailure)).toMatchObject({ kind: 'upstream_rejected', status: 400, message: REFUSAL });
    });

    it('is no refusal of the call where it is an address that is not there', async () => {
      const bench = new Bench().script('a', () => failing(404, 'Not Found'));
      const failover = bench.failover(planOf(provider('a')));
      expect(await failover.next()).toBeUndefined();
      expect(upstreamError(failover.finalFailure)).toMatchObject({ kind: 'upstream_failed' });
    });
  });

  describe('that refuses a part of the call', () => {
    const NO_BOUND = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
    const NO_ROLE = 'unknown variant `developer`';
    const body = (bound: string, role: string) => `{"model":"model-of-a","${bound}":9,"messages":[{"role":"${role}","content":"Hi"}]}`;
    const asked = (...messages: string[]) => {
      const sent: string[] = [];
      const acts = messages.map(
        (message): Act =>
          (init) => {
            sent.push(String(init.body));
            return message === '' ? answers() : failing(400, message);
          },
      );
      const call = callOf({}, body('max_tokens', 'developer'));
      const plan = planOf(provider('a'), provider('b'));
      const failover = new Bench()
        .script('a', ...acts)
        .failover({ ...plan, targets: plan.targets.map((target) => ({ ...target, bridge: call.over('openai-chat')! })) });
      return { sent, failover };
    };

    it('asks without one thing after the other', async () => {
      const { sent, failover } = asked(NO_BOUND, NO_ROLE, '');
      expect((await failover.next())?.record.outcome).toBe('answered');
      expect(sent).toEqual([
        body('max_tokens', 'developer'),
        body('max_completion_tokens', 'developer'),
        body('max_completion_tokens', 'system'),
      ]);
    });

    it('does not ask again where that did not help', async () => {
      const { sent, failover } = asked(NO_ROLE, NO_ROLE);
      expect(await failover.next()).toBeUndefined();
      expect(sent).toHaveLength(2);
      expect(failover.finalFailure).toMatchObject({ action: 'caller', message: NO_ROLE });
    });
  });

  it('says of an answer that broke off that it did, under its status', async () => {
    const failover = new Bench().script('a', () => breaksOff()).failover(planOf(provider('a')));
    await failover.next();
    expect(failover.attempts).toMatchObject([{ status: 200, message: 'the provider broke off its answer' }, { status: 200 }]);
  });

  it('goes by the status of a refusal whose words broke off', async () => {
    const bench = new Bench().script('a', () => breaksOff(401)).script('b', answers);
    const failover = bench.failover(planOf(provider('a'), provider('b')));
    expect((await failover.next())?.target.provider.spec.id).toBe('b');
    expect(bench.tried).toEqual(['a', 'b']);
  });

  it('tries eight times at most', async () => {
    const bench = new Bench();
    const providers = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => provider(id, 3));
    for (const { spec } of providers) bench.script(spec.id, () => failing(401));
    const failover = bench.failover(planOf(...providers));
    expect(await failover.next()).toBeUndefined();
    expect(bench.sent).toHaveLength(8);
    expect(failover.finalFailure.action).toBe('next_key');
  });

  it('leaves tries for the next provider, however many keys are refused', async () => {
    const bench = new Bench().script('a', () => failing(401)).script('b', answers);
    expect((await bench.failover(planOf(provider('a', 9), provider('b'))).next())?.target.provider.spec.id).toBe('b');
    expect(bench.tried).toEqual(['a', 'a', 'a', 'a', 'b']);
  });

  it.each([
    [2, ['2', '0', '1']],
    [7, ['0', '1', '2']],
  ])('begins with the key that a stored answer belongs to, if it is still there: %d', async (keyIndex, keys) => {
    const bench = new Bench().script('a', () => failing(401));
    const answer = { test: false, provider: 'a', upstreamId: 'resp_a', keyIndex, previous: undefined, canceled: false };
    const rest = { unsettled: undefined, cutShort: undefined, costMicro: 1, tokens: 1, conversationId: undefined };
    const continued = { ...answer, ...rest, name: 'resp_b' };
    await bench.failover({ ...planOf(provider('a', 3)), continued }).next();
    expect(bench.sent.map(({ key }) => key?.at(-1))).toEqual(keys);
  });

  it('tells a provider whether another was asked before it, which is not so of one that was skipped', async () => {
    const told: [string, boolean][] = [];
    const bench = new Bench();
    for (let i = 0; i < 5; i++) bench.health.failed('a', NOW_MS);
    for (const id of ['b', 'c']) bench.script(id, () => failing(503));
    const plan = planOf(provider('a'), provider('b'), provider('c'));
    const targets = plan.targets.slice(0, 3).map((target) => ({
      ...target,
      bridge: {
        ...target.bridge,
        request: ({ moved, ...how }: Parameters<typeof target.bridge.request>[0]) => {
          told.push([target.provider.spec.id, moved]);
          return target.bridge.request({ moved, ...how });
        },
      },
    }));
    bench.script('a', answers);
    await bench.failover({ ...plan, targets }).next();
    expect(told).toEqual([
      ['b', false],
      ['b', false],
      ['c', true],
      ['c', true],
      ['a', true],
    ]);
  });

  it('follows no redirect, which would take the key along', async () => {
    const asked: RequestInit[] = [];
    const bench = new Bench().script('a', (init) => {
      asked.push(init);
      return answers();
    });
    await bench.failover(planOf(provider('a'))).next();
    expect(asked).toMatchObject([{ redirect: 'manual' }]);
  });

  it('ends a stream that came to nothing', async () => {
    const signals: (AbortSignal | null | undefined)[] = [];
    const bench = new Bench().script('a', ({ signal }) => {
      signals.push(signal);
      return answers();
    });
    const failover = bench.failover(planOf(provider('a')), { call: callOf({ stream: true }) });
    failover.failed((await failover.next())!, { action: 'next_target', message: 'nothing of it' });
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  });

  it('goes on where a stream has no body', async () => {
    const bench = new Bench().script('a', () => new Response(null)).script('b', answers);
    const failover = bench.failover(planOf(provider('a'), provider('b')), { call: callOf({ stream: true }) });
    expect((await failover.next())?.target.provider.spec.id).toBe('b');
  });

  it('goes on where an answer came to nothing', async () => {
    const bench = new Bench().script('a', answers).script('b', answers);
    const failover = bench.failover(planOf(provider('a', 3), provider('b')));
    const first = await failover.next();
    failover.failed(first!, { action: 'next_target', message: 'half of it' });
    expect((await failover.next())?.target.provider.spec.id).toBe('b');
    expect(bench.tried).toEqual(['a', 'b']);
    expect(failover.attempts).toMatchObject([{ outcome: 'failed', message: 'half of it' }, { outcome: 'answered' }]);
  });

  it('gives up a provider that does not answer in time, and goes on', async () => {
    const bench = new Bench().script('a', hangs).script('b', answers);
    const failover = bench.failover(planOf(provider('a', 2), provider('b')), { settings: { JSON_TIMEOUT_MS: 20 } });
    expect((await failover.next())?.target.provider.spec.id).toBe('b');
    expect(bench.tried).toEqual(['a', 'b']);
    expect(failover.attempts[0]!.message).toBe('the provider did not answer in time');
  });

  it('reads nothing of an answer that comes too late', async () => {
    const late = Promise.withResolvers<Response>();
    const canceled = vi.fn();
    const bench = new Bench().script('a', () => late.promise);
    await bench.failover(planOf(provider('a')), { settings: { JSON_TIMEOUT_MS: 20 } }).next();
    late.resolve(new Response(new ReadableStream({ cancel: canceled })));
    await vi.waitFor(() => expect(canceled).toHaveBeenCalled());
  });

  it('waits for no answer beyond the deadline', async () => {
    const bench = new Bench().script('a', hangs);
    const failover = bench.failover(planOf(provider('a')), { settings: { CALL_DEADLINE_MS: 20 } });
    expect(await failover.next()).toBeUndefined();
    expect(failover.attempts).toMatchObject([{ outcome: 'failed', message: 'the provider did not answer in time' }]);
  });

  it('tries nothing more once the deadline has passed', async () => {
    const bench = new Bench();
    bench.script('a', () => {
      bench.nowMs += 1_000;
      return failing(504);
    });
    bench.script('b', answers);
    const failover = bench.failover(planOf(provider('a'), provider('b')), { settings: { CALL_DEADLINE_MS: 1_000 } });
    expect(await failover.next()).toBeUndefined();
    expect(bench.tried).toEqual(['a']);
  });

  it('tries nothing more once nobody waits', async () => {
    const bench = new Bench();
    const gone = new AbortController();
    bench.script('a', () => {
      gone.abort();
      return failing(504);
    });
    bench.script('b', answers);
    const failover = bench.failover(planOf(provider('a'), provider('b')), { call: callOf({ stream: true }), gone: gone.signal });
    expect(await failover.next()).toBeUndefined();
    expect(bench.tried).toEqual(['a']);
  });

  it.each([
    ['its client hung up', 0, true],
    ['its deadline passed', 1_000, false],
  ] as const)('does not ask again where %s while it was waited for that', async (_name, passedMs, hangsUp) => {
    const gone = new AbortController();
    const bench = new Bench();
    bench.script('a', () => {
      setTimeout(() => {
        bench.nowMs += passedMs;
        if (hangsUp) gone.abort();
      }, 50);
      return failing(503);
    });
    const call = callOf({ stream: true });
    const failover = bench.failover(planOf(provider('a')), { call, gone: gone.signal, settings: { CALL_DEADLINE_MS: 1_000 } });
    expect(await failover.next()).toBeUndefined();
    expect(bench.tried).toEqual(['a']);
  });

  it.each([
    [402, 'This request requires more credits. To increase, visit https://upstream.test/settings/credits'],
    [429, 'Rate limit reached in organization org-AbCdEf123456 on tokens per min'],
    [401, 'Incorrect API key provided'],
    [403, 'Your account is not active, please check your billing details'],
  ])("tells of a %d in its own words, for the account is the operator's", async (status, message) => {
    const logged = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const act = () => Response.json({ error: { message, code: 'insufficient_quota', param: 'x' } }, { status });
    const failover = new Bench().script('a', act).failover(planOf(provider('a')), { settings: { JSON_TIMEOUT_MS: 50 } });
    while (await failover.next());
    const { action, ...told } = failover.finalFailure;
    expect(JSON.stringify([told, failover.attempts])).not.toMatch(/credits|upstream\.test|org-|API key|billing|quota|param/);
    expect(told.message).toMatch(/this gateway/);
    expect(logged.mock.calls.at(-1)![1]).toContain(status === 429 ? 'Rate limit reached in organization [redacted]' : message);
    logged.mockRestore();
  });

  it('never shows a key that an upstream repeats, nor what went wrong inside', async () => {
    const bench = new Bench().script('a', () => failing(504, 'no, secret-a-0!'));
    const failover = bench.failover(planOf(provider('a')));
    await failover.next();
    expect(failover.finalFailure.message).toBe('no, [redacted]!');
    const broken = new Bench().script('a', breaks).failover(planOf(provider('a')));
    await broken.next();
    expect(broken.finalFailure.message).toBe('the provider could not be reached');
  });
});

describe('a provider that is broken', () => {
  const broken = (...ids: string[]): Bench => {
    const bench = new Bench();
    for (const id of ids) for (let i = 0; i < 5; i++) bench.health.failed(id, NOW_MS);
    return bench;
  };

  it('is skipped while another is not, and that is recorded', async () => {
    const bench = broken('a').script('b', answers);
    const failover = bench.failover(planOf(provider('a'), provider('b')));
    await failover.next();
    expect(bench.tried).toEqual(['b']);
    expect(failover.attempts).toMatchObject([
      { provider: 'a', outcome: 'skipped', status: null },
      { provider: 'b', outcome: 'answered' },
    ]);
  });

  it('is tried all the same when the others fail, after them', async () => {
    const bench = broken('a')
      .script('a', answers)
      .script('b', () => failing(504))
      .script('c', () => failing(503));
    const failover = bench.failover(planOf(provider('a'), provider('b'), provider('c')));
    expect((await failover.next())?.target.provider.spec.id).toBe('a');
    expect(bench.tried).toEqual(['b', 'c', 'c', 'a']);
    expect(failover.attempts.map(({ outcome }) => outcome)).toEqual(['skipped', 'failed', 'failed', 'failed', 'answered']);
  });

  it('leaves the last that is not to wait a moment for its only key', async () => {
    const bench = broken('b').script('a', () => failing(429, 'slow down', { 'retry-after': '0.01' }), answers);
    expect((await bench.failover(planOf(provider('a'), provider('b'))).next())?.target.provider.spec.id).toBe('a');
    expect(bench.tried).toEqual(['a', 'a']);
  });

  it('is tried all the same when every one is', async () => {
    const bench = broken('a', 'b')
      .script('a', () => failing(504))
      .script('b', answers);
    const failover = bench.failover(planOf(provider('a'), provider('b')));
    expect((await failover.next())?.target.provider.spec.id).toBe('b');
    expect(failover.attempts).toMatchObject([
      { provider: 'a', outcome: 'failed' },
      { provider: 'b', outcome: 'answered' },
    ]);
  });

  it('is probed by one call once its pause is over', async () => {
    const bench = broken('a').script('a', hangs).script('b', answers);
    bench.nowMs += 30_000;
    const plan = planOf(provider('a'), provider('b'));
    void bench.failover(plan).next();
    await bench.failover(plan).next();
    expect(bench.tried).toEqual(['a', 'b']);
  });

  it.each([
    ['has succeeded, and is trusted from then on', 'succeeded', ['a', 'a', 'a']],
    ['was stopped by its client, one call at a time', 'stopped', ['a', 'a', 'b']],
  ] as const)('is asked again once a probe %s', async (_what, ending, tried) => {
    const bench = broken('a').script('a', answers).script('b', answers);
    bench.nowMs += 61_000;
    const plan = planOf(provider('a'), provider('b'));
    const probe = bench.failover(plan);
    probe[ending]((await probe.next())!);
    for (let calls = 0; calls < 2; calls++) await bench.failover(plan).next();
    expect(bench.tried).toEqual(tried);
  });
});

describe('retryAfterMs', () => {
  it.each([
    [{}, undefined],
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '1.5' }, 1_500],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'x-ms-retry-after-ms': '300' }, 300],
    [{ 'retry-after': new Date(NOW_MS + 4_000).toUTCString() }, 4_000],
    [{ 'retry-after': new Date(NOW_MS - 4_000).toUTCString() }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after-ms': 'soon', 'retry-after': '1' }, 1_000],
  ] as [Record<string, string>, number | undefined][])('of %o is %s', (headers, ms) => {
    expect(retryAfterMs(new Response(null, { headers }), NOW_MS)).toBe(ms);
  });
});
