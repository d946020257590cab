// Token counts: free, outside the hourly limit, many at once, and estimated where no provider counts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { askMessage, failure, messagesBody, USAGE_MICRO, whole } from './support/messages-wire';
import { type Lane, Rig } from './support/rig';
import { RESET, type Reply } from './support/upstream';
import { gate, until } from './support/wait';
import { json } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { messages: 20, 'messages-pair': 4 },
    { HOURLY_LIMITS: '{"chat":2}', ANTHROPIC_API_KEY: '', OPENROUTER_API_KEY: '' },
  );
});
afterAll(() => rig?.stop());

async function fresh(kind: 'messages' | 'messages-pair' = 'messages', credits?: number): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(credits), lane: rig.lane(kind) };
}

const PATH = { path: '/messages/count_tokens' };
const { max_tokens: _, ...QUESTION } = messagesBody('');
const questionOf = ({ model }: Pick<Lane, 'model'>) => ({ ...QUESTION, model });

describe('a token count', () => {
  it('is the provider’s own as it came, for the body as it came', async () => {
    const { account, lane } = await fresh();
    const answer = '{ "input_tokens":2095, "context_management": {"original_input_tokens":1.0} }';
    lane.first.reply(json(answer));
    const headers = { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'token-counting-2024-11-01' };
    const body = `{ "messages":[{"role":"user","content":"\\u00fc"}], "model":"${lane.model}" }`;
    const counted = await askMessage(account, body, { path: '/messages/count_tokens?beta=true', headers });
    expect([counted.status, counted.text]).toEqual([200, answer]);
    expect(counted.id).toMatch(/^req_/);
    const [seen] = lane.first.seen;
    expect(seen!.path).toBe('/v1/messages/count_tokens?beta=true');
    expect(seen!.headers).toMatchObject({ ...headers, 'x-api-key': lane.keys[0] });
    expect(seen!.body).toBe(body.replace(lane.model, lane.upstreamModel));
  });

  it('costs nothing, needs no credits, and leaves the hour’s calls alone', async () => {
    const { account, lane } = await fresh();
    const poor = await rig.account(1);
    lane.first.replyAlways(({ path }) => (path.endsWith('count_tokens') ? json({ input_tokens: 7 }) : whole('Yes.')));
    for (let time = 0; time < 5; time++) expect((await askMessage(account, questionOf(lane), PATH)).body.input_tokens).toBe(7);
    expect((await askMessage(poor, questionOf(lane), PATH)).body.input_tokens).toBe(7);
    expect(await account.calls()).toEqual([]);
    const calls = [0, 1, 2].map(() => askMessage(account, messagesBody(lane.model)));
    expect((await Promise.all(calls)).map(({ status }) => status).sort()).toEqual([200, 200, 429]);
    // Counting still works when the hourly limit is used up.
    expect((await askMessage(account, questionOf(lane), PATH)).status).toBe(200);
    expect(await account.money()).toEqual({ spentMicro: 2 * USAGE_MICRO, heldMicro: 0 });
  });

  it('may be asked for by 26 at once, as one look at a context does', async () => {
    const { account, lane } = await fresh();
    const all = gate();
    lane.first.replyAlways((seen) => json({ input_tokens: seen.body.length }, { first: { until: all.opened } }));
    const bodies = Array.from({ length: 26 }, (_, index) => ({ ...questionOf(lane), system: 'x'.repeat(index) }));
    const counts = bodies.map((body) => askMessage(account, body, PATH));
    // Node's client opens as many connections as it needs, so all of them are under way together.
    await until('all counts to be under way', () => lane.first.seen.length === 26);
    all.open();
    const lengths = bodies.map((body) => JSON.stringify({ ...body, model: lane.upstreamModel }).length);
    expect((await Promise.all(counts)).map(({ body }) => body.input_tokens)).toEqual(lengths);
    expect(await account.calls()).toEqual([]);
  });

  it('is the second provider’s where the first gives none', async () => {
    const { account, lane } = await fresh('messages-pair');
    lane.first.reply(failure(404, 'not_found_error', 'Not found'));
    lane.second.reply(json({ input_tokens: 12 }));
    expect((await askMessage(account, questionOf(lane), PATH)).body).toEqual({ input_tokens: 12 });
  });

  it.each([
    ['a 404', failure(404, 'not_found_error', 'Not found')],
    ['a 500', failure(500, 'api_error', 'On fire.')],
    ['a reset', json('', { first: RESET })],
    ['no JSON', json('<html>')],
    ['no number', json({ input_tokens: '12' })],
  ] satisfies [string, Reply][])('is an estimate where the provider gives %s', async (_, reply) => {
    const { account, lane } = await fresh();
    lane.first.reply(reply);
    const question = questionOf(lane);
    const { status, body } = await askMessage(account, question, PATH);
    expect([status, body]).toEqual([200, { input_tokens: Math.ceil(JSON.stringify(question).length / 4) }]);
    expect(lane.first.seen).toHaveLength(1);
  });

  it('is refused in Anthropic’s shape: without a key, a model, or messages', async () => {
    const { account, lane } = await fresh();
    const keyless = await fetch(`${account.baseUrl}${PATH.path}`, { method: 'POST', body: JSON.stringify(questionOf(lane)) });
    expect([keyless.status, await keyless.json()]).toMatchObject([401, { type: 'error', error: { type: 'authentication_error' } }]);
    const revoked = await askMessage({ ...account, baseUrl: account.baseUrl, key: `${account.key}x` } as Account, questionOf(lane), PATH);
    expect(revoked.status).toBe(401);
    for (const body of [{ ...questionOf(lane), model: 'claude-none' }, { model: lane.model }, '{', '']) {
      const refused = await askMessage(account, body, PATH);
      expect([refused.status, refused.body]).toMatchObject([
        400,
        { type: 'error', error: { type: 'invalid_request_error' }, request_id: refused.id },
      ]);
      expect(refused.headers.get('x-should-retry')).toBe('false');
    }
    expect(lane.first.seen).toHaveLength(0);
  });
});
