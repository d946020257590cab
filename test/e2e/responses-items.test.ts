// Items that an input references instead of containing, from answers that no provider stores.
import { createOpenAI } from '@ai-sdk/openai';
import { tool as aiTool, generateText, jsonSchema, type ModelMessage, stepCountIs, streamText } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { askResponse, responsesBody } from './support/responses-wire';
import { type Lane, Rig } from './support/rig';
import { answer, chunk, completion, DONE, finish, json, sse, streamOf, USAGE_MICRO, usageChunk } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 12 });
});
afterAll(() => rig?.stop());

const fresh = async (): Promise<{ account: Account; lane: Lane }> => ({ account: await rig.account(), lane: rig.lane('solo') });

const CALL = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":"Zürich"}' } };
const THOUGHT = 'Look first.';
const tools = {
  look: aiTool({
    inputSchema: jsonSchema<{ at: string }>({ type: 'object', properties: { at: { type: 'string' } }, required: ['at'] }),
    execute: ({ at }) => Promise.resolve(`Rain in ${at}`),
  }),
};

const firstStep = (isStream: boolean) =>
  isStream
    ? sse([chunk({ reasoning_content: THOUGHT }), chunk({ tool_calls: [{ index: 0, ...CALL }] }), finish('tool_calls'), usageChunk(), DONE])
    : json(completion({ content: null, reasoning_content: THOUGHT, tool_calls: [CALL] }, {}, { finish_reason: 'tool_calls' }));

describe.concurrent('the AI SDK’s default model', () => {
  it.each([false, true])('goes on from answers that came over chat (stream: %s)', async (isStream) => {
    const { account, lane } = await fresh();
    const said = (text: string) => (isStream ? sse(streamOf([text])) : answer(text));
    lane.first.reply(firstStep(isStream), said('It rains.'), said('Yes.'));
    const model = createOpenAI({ apiKey: account.key, baseURL: account.baseUrl })(lane.model);
    const ask = async (messages: ModelMessage[]) => {
      const asked = { model, messages, tools, stopWhen: stepCountIs(3), maxRetries: 0 };
      const { text, response } = isStream ? streamText(asked) : await generateText(asked);
      return { text: await text, messages: [...messages, ...(await response).messages] };
    };
    const first = await ask([{ role: 'user', content: 'Weather?' }]);
    expect(first.text).toBe('It rains.');
    expect((await ask([...first.messages, { role: 'user', content: 'Really?' }])).text).toBe('Yes.');
    expect(lane.first.seen[1]!.json().messages).toMatchObject([
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', reasoning_content: THOUGHT, tool_calls: [{ id: 'c1', function: { name: 'look' } }] },
      { role: 'tool', tool_call_id: 'c1', content: 'Rain in Zürich' },
    ]);
    expect(lane.first.seen[2]!.json().messages).toMatchObject([
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'It rains.' },
      { role: 'user', content: 'Really?' },
    ]);
    expect(await account.money()).toEqual({ spentMicro: 3 * USAGE_MICRO, heldMicro: 0 });
  });
});

describe.concurrent('an item that is named', () => {
  /** The id of a message that this account was given. */
  async function givenItem({ account, lane }: { account: Account; lane: Lane }, more: object = {}): Promise<string> {
    lane.first.reply(answer('It rains.'));
    const { body } = await askResponse(account, responsesBody(lane.model, { ...more }));
    return String(body.output[0]!.id);
  }
  const naming = (id: string) => ({
    input: [
      { type: 'item_reference', id },
      { role: 'user', content: 'Really?' },
    ],
  });

  it('is another account’s, and is not found', async () => {
    const owner = await fresh();
    const id = await givenItem(owner);
    const stranger = await rig.account();
    const { status, body } = await askResponse(stranger, responsesBody(owner.lane.model, naming(id)));
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ param: 'input', message: expect.stringMatching(new RegExp(`'${id}' not found.*store: false`)) });
    expect(owner.lane.first.seen).toHaveLength(1);
    expect(await stranger.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it('was not to be kept, and is not found', async () => {
    const owner = await fresh();
    const id = await givenItem(owner, { store: false });
    const { status, body } = await askResponse(owner.account, responsesBody(owner.lane.model, naming(id)));
    expect({ status, param: body.error.param }).toEqual({ status: 400, param: 'input' });
  });
});
