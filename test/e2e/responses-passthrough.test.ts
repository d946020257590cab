// What is passed on unchanged: the body except for the model, the answer except for its id and cost, and some headers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ask } from './support/client';
import {
  answer,
  askResponse,
  askResponseStream,
  responseIdOf,
  responsesBody,
  stream,
  streamOfItems,
  UPSTREAM_ID,
  USAGE_MICRO,
} from './support/responses-wire';
import { builtInKey, type Lane, Rig } from './support/rig';
import { json, sse } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ responses: 30 });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane('responses') };
}

/** As Codex sends it: spacing, numbers and escapes that no serializer would keep, and many unknown fields. */
const codexBody = (model: string, isStream: boolean): string => `{
  "client_metadata" : {"x-codex-installation-id":"\\u00fc\\/1"},  "model":"${model}",
  "instructions":"Be brief. \\u2028", "temperature": 1.0, "top_p":1e0, "seed": 12345678901234567890,
  "input":[
    {"type":"additional_tools","tools":[{"type":"custom","name":"apply_patch","format":{"type":"grammar","syntax":"lark","definition":"start: /.+/"}}]},
    {"type":"message","role":"developer","content":[{"type":"input_text","text":"model: \\"${model}\\""}]},
    {"type":"reasoning","id":"rs_1","summary":[],"content":null,"encrypted_content":"gAAAA+/=="},
    {"type":"custom_tool_call","call_id":"c1","name":"apply_patch","input":"*** Begin Patch"},
    {"type":"custom_tool_call_output","call_id":"c1","output":[{"type":"input_text","text":"Done"}]},
    {"type":"compaction","encrypted_content":"gBBBB"}, {"type":"compaction_trigger"}, {"type":"of_next_year","x":[1.50,-0.0]}
  ],
  "tools":[{"type":"namespace","name":"mcp__files","tools":[{"type":"function","name":"read","parameters":{"type":"object"}}]},
    {"type":"tool_search"},{"type":"web_search","external_web_access":false},{"type":"custom","name":"run"}],
  "tool_choice":"auto","parallel_tool_calls":false,"reasoning":{"effort":"medium","summary":"auto","context":"all"},
  "store":false,"stream":${isStream},"include":["reasoning.encrypted_content"],"prompt_cache_key":"0192-abc",
  "text":{"verbosity":"low"}, "internal_chat_message_metadata_passthrough":{"turn":1}, "unknown":{"nested":[null]}
}`;

describe('a request', () => {
  it.each([false, true])('reaches the provider byte for byte but for the model (stream: %s)', async (isStream) => {
    const { account, lane } = await fresh();
    lane.first.reply(isStream ? stream(['Yes.']) : answer('Yes.'));
    const body = codexBody(lane.model, isStream);
    const response = await ask(account, body, { path: '/responses' });
    expect(response.status, await response.text()).toBe(200);
    expect(lane.first.seen[0]!.body).toBe(body.replace(`"model":"${lane.model}"`, `"model":"${lane.upstreamModel}"`));
    expect(lane.first.seen[0]!.path).toBe('/v1/responses');
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('that needs no other model id is not touched at all', async () => {
    const account = await rig.account();
    const desk = rig.desk('openai').reply(answer('Yes.', { model: 'gpt-5.3-codex' }));
    const body = codexBody('gpt-5.3-codex', false);
    expect((await ask(account, body, { path: '/responses' })).status).toBe(200);
    expect(desk.seen[0]!.body).toBe(body);
    expect(desk.seen[0]!.headers.authorization).toBe(`Bearer ${builtInKey('openai')}`);
  });

  it('brings those of its headers that the provider has to see, and none that are for others', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Yes.'));
    const forwarded = { 'openai-beta': 'responses=experimental', 'x-openai-internal-codex-responses-lite': 'true' };
    const kept = {
      'x-codex-turn-metadata': JSON.stringify({ cwd: `/home/someone/${'x'.repeat(12_000)}` }),
      'x-api-key': account.key,
      session_id: '0192',
      originator: 'codex_cli_rs',
      version: '0.169.0',
      cookie: 'a=b',
      'x-forwarded-for': '192.0.2.1',
      'x-stainless-lang': 'js',
      'openai-organization': 'org-1',
      'openai-project': 'proj-1',
      'idempotency-key': 'one',
    };
    const { status } = await askResponse(account, responsesBody(lane.model), { headers: { ...forwarded, ...kept } });
    expect(status).toBe(200);
    const { headers } = lane.first.seen[0]!;
    expect(headers).toMatchObject({ ...forwarded, authorization: `Bearer ${lane.keys[0]}`, 'content-type': 'application/json' });
    for (const name of Object.keys(kept)) expect(headers[name], name).toBeUndefined();
    expect(JSON.stringify(headers)).not.toContain(account.key);
  });

  it.each(['/v1', '/api/v1', '/api/v1/v1', '/v1/v1', '/api'])('is served below %s, as /responses and as /codex/responses', async (base) => {
    const { account, lane } = await fresh();
    for (const path of ['/responses', '/codex/responses']) {
      lane.first.reply(answer('Yes.'));
      const url = account.baseUrl.replace(/\/v1$/, base) + path;
      const headers = { 'x-api-key': account.key };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(responsesBody(lane.model)) });
      expect(response.status, `${path}: ${await response.text()}`).toBe(200);
    }
    expect(lane.first.seen.map(({ path }) => path)).toEqual(['/v1/responses', '/v1/responses']);
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });
});

describe('an answer', () => {
  it('comes byte for byte but for its id and its usage', async () => {
    const { account, lane } = await fresh();
    const text = `{ "id":"${UPSTREAM_ID}", "object":"response","created_at":1763600000,"model":"m","status":"completed","temperature":1.0,"n":12345678901234567890,\n "unknown":[{"\\u00fc":-0.0}],
      "output":[{"type":"of_next_year","id":"x_1","data":1e2}], "usage":{"input_tokens":100,"output_tokens":25,"total_tokens":125,"extra":1.50} }`;
    lane.first.reply(json(text));
    const { text: got, id } = await askResponse(account, responsesBody(lane.model));
    expect(got).toBe(text.replace(UPSTREAM_ID, responseIdOf(id)).replace('"extra":1.50}', '"extra":1.50,"creditsUsed":0.02}'));
    expect(await account.money()).toEqual(spent(20_000));
  });

  it('comes as a stream byte for byte but for the events that carry its id', async () => {
    const { account, lane } = await fresh();
    const items = [{ type: 'of_next_year', id: 'x_1', data: [1, null] }];
    const events = streamOfItems(items);
    const odd =
      'event: response.of_next_year.delta\ndata: { "type":"response.of_next_year.delta", "sequence_number":3,"output_index":0,"item_id":"x_1","n":1.0 }\n\n';
    events.splice(3, 1, odd, events[3]!.replace('"sequence_number":3', '"sequence_number":4'));
    events.push(events.pop()!.replace('"sequence_number":4', '"sequence_number":5'));
    lane.first.reply(sse(events));
    const { raw, id } = await askResponseStream(account, responsesBody(lane.model));
    const expected = events.join('').replaceAll(UPSTREAM_ID, responseIdOf(id));
    expect(raw).toBe(expected.replace('"total_tokens":125}', '"total_tokens":125,"creditsUsed":0.0185}'));
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe('GET', () => {
  it.each(['/v1/responses', '/api/v1/responses', '/api/v1/codex/responses'])('%s lists the models without a key', async (path) => {
    const response = await fetch(rig.worker.url + path);
    expect(response.status).toBe(200);
    const { data } = (await response.json()) as { data: { id: string; pricing: unknown; available: boolean }[] };
    const codex = data.find(({ id }) => id === 'gpt-5.3-codex');
    expect(codex).toMatchObject({ available: true, pricing: { per: 'mtok' } });
    expect(data.some(({ id }) => id.startsWith('claude-'))).toBe(false);
  });
});
