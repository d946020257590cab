// `models` in Messages and Responses; what it means for money and keys is tested with chat (chat-models).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ask, requestIdOf } from './support/client';
import * as messages from './support/messages-wire';
import * as responses from './support/responses-wire';
import { type Lane, type LaneKind, Rig } from './support/rig';
import { chunk, DONE, failure, finish, json, role, sse, streamOf, USAGE_MICRO, usageChunk } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { messages: 10, 'messages-dear': 10, responses: 10, 'responses-dear': 10, solo: 4 },
    { KEEPALIVE_MS: 150, STATUS_HOLD_MS: 2_000 },
  );
});
afterAll(() => rig?.stop());

/** 100 tokens of input and 25 of output, at the price of a dear lane. */
const DEAR_MICRO = 35_000_000;
const DEAR_CREDITS = 35;

async function fresh(first: LaneKind, second: LaneKind): Promise<{ account: Account; cheap: Lane; other: Lane }> {
  return { account: await rig.account(), cheap: rig.lane(first), other: rig.lane(second) };
}

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

describe('Messages', () => {
  it('go to the next model where the first fails, and cost what that one does', async () => {
    const { account, cheap, other } = await fresh('messages', 'messages-dear');
    cheap.first.replyAlways(() => messages.failure(529, 'overloaded_error', 'Overloaded'));
    other.first.reply(messages.whole('Second'));
    const body = messages.messagesBody(cheap.model, { max_tokens: 50 });
    const { status, body: answer, id } = await messages.askMessage(account, { ...body, models: [other.model] });
    expect([status, answer.content, answer.usage.creditsUsed]).toEqual([200, [messages.text('Second')], DEAR_CREDITS]);
    expect(cheap.first.seen[0]!.json()).toEqual({ ...body, model: cheap.upstreamModel });
    expect(other.first.seen.map((request) => request.json())).toEqual([{ ...body, model: other.upstreamModel }]);
    expect(await account.money()).toEqual(spent(DEAR_MICRO));
    expect(await account.generation(id)).toMatchObject({ model: other.model, creditsUsed: DEAR_CREDITS });
  });

  it('that are streamed have one opening, of the model that answers', async () => {
    const { account, cheap, other } = await fresh('messages', 'messages-dear');
    cheap.first.replyAlways(() => sse([...messages.OPENED, messages.errorEvent('overloaded_error', 'Overloaded')]));
    other.first.reply(messages.streamed('Second'));
    const body = messages.messagesBody(cheap.model, { max_tokens: 50, models: [other.model] });
    const { text, stopped, error, usages } = await messages.readMessages(account, body);
    expect({ text, stopped, error }).toEqual({ text: 'Second', stopped: true, error: undefined });
    expect(usages.at(-1)).toMatchObject({ creditsUsed: DEAR_CREDITS });
    expect(await account.settled()).toEqual(spent(DEAR_MICRO));
  });

  it('of a newer model lose for an older one what that would refuse', async () => {
    const desk = rig.desk('anthropic');
    desk.replyAlways((request) =>
      String((request.json() as { model: string }).model).includes('opus')
        ? messages.failure(529, 'overloaded_error', 'Overloaded')
        : messages.whole('Older'),
    );
    const asked = { max_tokens: 4_096, thinking: { type: 'adaptive' }, models: ['claude-haiku-4-5'] };
    const body = messages.messagesBody('claude-opus-4-6', asked);
    const { status, text } = await messages.askMessage(await rig.account(), body);
    expect(status, text).toBe(200);
    const last = desk.seen.at(-1)!.json() as { model: string; thinking: { type: string } };
    expect([desk.seen[0]!.json(), last.model, last.thinking.type]).toMatchObject([
      { thinking: { type: 'adaptive' } },
      expect.stringContaining('haiku'),
      'enabled',
    ]);
  });

  it('are counted for the first model, and no provider sees the list', async () => {
    const { account, cheap, other } = await fresh('messages', 'messages-dear');
    cheap.first.reply(json({ input_tokens: 7 }));
    const { max_tokens: _, ...body } = messages.messagesBody(cheap.model);
    const counted = await ask(account, { ...body, models: [other.model] }, { path: '/messages/count_tokens' });
    expect(await counted.json()).toMatchObject({ input_tokens: 7 });
    expect(cheap.first.seen.map((request) => request.json())).toEqual([{ ...body, model: cheap.upstreamModel }]);
  });

  it.each(['claude', 11, [{}]])('with %j for a list are refused by its name', async (models) => {
    const { body, status } = await messages.askMessage(await rig.account(), messages.messagesBody('claude-haiku-4-5', { models }));
    expect([status, body.error.message]).toEqual([400, 'The field `models` must be a list of up to 10 models.']);
  });
});

describe('Responses', () => {
  it.each([false, true])('go to the next model where the first fails, and cost what that one does (stream: %s)', async (isStream) => {
    const { account, cheap, other } = await fresh('responses', 'responses-dear');
    cheap.first.replyAlways(() => failure(500, 'On fire.'));
    other.first.reply(isStream ? responses.stream(['Second']) : responses.answer('Second'));
    const body = responses.responsesBody(cheap.model, { max_output_tokens: 50 });
    const asked = { ...body, models: [other.model] };
    const { response, id } = isStream
      ? await responses.askResponseStream(account, asked)
      : await responses.askResponse(account, asked).then(({ body: whole, id: requestId }) => ({ response: whole, id: requestId }));
    expect(response.output).toMatchObject([{ content: [{ text: 'Second' }] }]);
    expect(other.first.seen[0]!.json()).toEqual({ ...body, model: other.upstreamModel, ...(isStream && { stream: true }) });
    const { spentMicro, heldMicro } = await account.settled();
    expect(heldMicro).toBe(0);
    expect(response.usage?.creditsUsed).toBe(spentMicro / 1e6);
    expect(await account.generation(id)).toMatchObject({ model: other.model, creditsUsed: spentMicro / 1e6 });
  });

  it('reach a model that speaks chat alone with their tools as they were', async () => {
    const { account, cheap, other } = await fresh('responses', 'solo');
    cheap.first.replyAlways(() => failure(500, 'On fire.'));
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'patch', arguments: '{"input":"*** Begin"}' } };
    other.first.reply(sse([role(), chunk({ tool_calls: [call] }), finish('tool_calls'), usageChunk(), DONE]));
    const tools = [{ type: 'custom', name: 'patch', description: 'Edits a file.' }];
    const body = responses.responsesBody(cheap.model, { tools, models: [other.model] });
    const { response } = await responses.askResponseStream(account, body);
    expect(response.output).toMatchObject([{ type: 'custom_tool_call', name: 'patch', input: '*** Begin' }]);
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });

  it('that go on from an answer are asked of its keeper alone', async () => {
    const { account, cheap, other } = await fresh('responses', 'responses-dear');
    cheap.first.reply(responses.answer('Kept.'), failure(400, 'No.'));
    const { body: kept } = await responses.askResponse(account, responses.responsesBody(cheap.model));
    const next = responses.responsesBody(cheap.model, { previous_response_id: kept.id, models: [other.model] });
    const { status, body } = await responses.askResponse(account, next);
    expect([status, body.error.message]).toEqual([400, 'No.']);
    expect(other.first.seen).toEqual([]);
    expect(await account.money()).toEqual(spent(responses.USAGE_MICRO));
  });
});

describe('an `input` on the path of chat', () => {
  it('may name other models too', async () => {
    const { account, cheap, other } = await fresh('solo', 'solo');
    cheap.first.replyAlways(() => failure(500, 'On fire.'));
    other.first.reply(sse(streamOf(['Second'])));
    const response = await ask(account, { model: cheap.model, input: 'Hi', stream: true, models: [other.model] });
    expect(await response.text()).toContain('Second');
    expect(await account.generation(requestIdOf(response))).toMatchObject({ model: other.model });
  });
});
