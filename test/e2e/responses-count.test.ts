// Token counts of a Responses input: free, by the provider if it counts, or else an estimate.
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { answer, askResponse, responsesBody, UPSTREAM_ID, USAGE_MICRO } from './support/responses-wire';
import { type Lane, type LaneKind, Rig } from './support/rig';
import type { Reply } from './support/upstream';
import { answer as chatAnswer, failure, json } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ responses: 10, 'responses-keys': 2, solo: 2 }, { HOURLY_LIMITS: '{"chat":2}' });
});
afterAll(() => rig?.stop());

async function fresh(kind: LaneKind = 'responses', credits?: number): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(credits), lane: rig.lane(kind) };
}

const PATH = { path: '/responses/input_tokens' };
const COUNTED = { object: 'response.input_tokens', input_tokens: 2_095 };
const clientOf = ({ key, baseUrl }: Account) => new OpenAI({ apiKey: key, baseURL: baseUrl, maxRetries: 0 });
const estimateOf = (body: unknown): number => Math.ceil(JSON.stringify(body).length / 4);

describe('the count of an input', () => {
  it('is the provider’s own as it came, for the body as the official client sent it', async () => {
    const { account, lane } = await fresh('responses', 1);
    lane.first.reply(json(COUNTED));
    const tools = [{ type: 'function' as const, name: 'look', parameters: {}, strict: true }];
    const asked = { model: lane.model, input: 'Grüß dich.', instructions: 'Be brief.', tools };
    expect(await clientOf(account).responses.inputTokens.count(asked)).toMatchObject(COUNTED);
    const [seen] = lane.first.seen;
    expect(seen!.path).toBe('/v1/responses/input_tokens');
    expect(seen!.json()).toEqual({ ...asked, model: lane.upstreamModel });
    expect(await account.calls()).toEqual([]);
  });

  it('is in no hourly limit, and costs nothing', async () => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(({ path }) => (path.endsWith('input_tokens') ? json(COUNTED) : answer('Yes.')));
    for (let time = 0; time < 4; time++) expect((await askResponse(account, responsesBody(lane.model), PATH)).body).toEqual(COUNTED);
    expect((await askResponse(account, responsesBody(lane.model))).status).toBe(200);
    expect(await account.money()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
  });

  it.each([
    ['a 404', failure(404, 'Not found')],
    ['no number', json({ ...COUNTED, input_tokens: null })],
  ] satisfies [string, Reply][])('is an estimate where the provider gives %s', async (_, reply) => {
    const { account, lane } = await fresh();
    lane.first.reply(reply);
    const asked = responsesBody(lane.model);
    const { status, body } = await askResponse(account, asked, { path: '/codex/responses/input_tokens' });
    expect([status, body]).toEqual([200, { object: 'response.input_tokens', input_tokens: estimateOf(asked) }]);
  });

  it('is an estimate for a model that speaks chat alone, with the items that are named', async () => {
    const { account, lane } = await fresh('solo');
    lane.first.reply(chatAnswer('It rains, '.repeat(100)));
    const { body: first } = await askResponse(account, responsesBody(lane.model));
    const input = [
      { type: 'item_reference', id: String(first.output[0]!.id) },
      { role: 'user', content: 'Really?' },
    ];
    const { status, body } = await askResponse(account, responsesBody(lane.model, { input }), PATH);
    expect(status).toBe(200);
    expect(body.input_tokens).toBeGreaterThan(250);
    expect(lane.first.seen).toHaveLength(1);
  });

  it('of one that goes on from a kept answer is its keeper’s, with the keeper’s credential and name for it', async () => {
    const { account, lane } = await fresh('responses-keys');
    lane.first.reply(failure(401, 'This key is no more.'), answer('Kept.'));
    const { body: kept } = await askResponse(account, responsesBody(lane.model));
    lane.first.reply(json(COUNTED));
    const asked = responsesBody(lane.model, { previous_response_id: kept.id });
    expect((await askResponse(account, asked, PATH)).body).toEqual(COUNTED);
    const [, first, counted] = lane.first.seen;
    expect(counted!.json()).toMatchObject({ previous_response_id: UPSTREAM_ID });
    expect(counted!.headers.authorization).toBe(first!.headers.authorization);
  });

  it('of one that goes on from a kept answer is estimated with all that came before', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Kept.'), failure(404, 'Not found'));
    const { body: kept } = await askResponse(account, responsesBody(lane.model));
    const asked = responsesBody(lane.model, { previous_response_id: kept.id });
    const usage = kept.usage as { total_tokens: number };
    expect((await askResponse(account, asked, PATH)).body.input_tokens).toBe(estimateOf(asked) + usage.total_tokens);
  });

  it('is refused for an answer of another account, without a model, an input, or a key', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Kept.'));
    const { body: kept } = await askResponse(account, responsesBody(lane.model));
    const stranger = await rig.account();
    const stolen = await askResponse(stranger, responsesBody(lane.model, { previous_response_id: kept.id }), PATH);
    expect([stolen.status, stolen.body.error.code]).toEqual([400, 'previous_response_not_found']);
    for (const [asked, param] of [
      [{ input: 'Hi' }, 'model'],
      [{ model: lane.model }, 'input'],
    ] as const) {
      const refused = await askResponse(account, asked, PATH);
      expect([refused.status, refused.body.error.param]).toEqual([400, param]);
    }
    const keyless = await fetch(`${account.baseUrl}${PATH.path}`, { method: 'POST', body: JSON.stringify(responsesBody(lane.model)) });
    expect(keyless.status).toBe(401);
    expect(lane.first.seen).toHaveLength(1);
  });
});
