// Streams read by OpenAI's own client, whose helper checks ids, indexes and order of every event.
import OpenAI from 'openai';
import OpenAI6 from 'openai-v6';
import { describe, expect, it } from 'vitest';
import deepseek from '../../../e2e/fixtures/deepseek-chat.sse?raw';
import openrouter from '../../../e2e/fixtures/openrouter-chat.sse?raw';
import { FIXTURES, type FixtureName } from './fixtures';
import { openedOverChat } from './opened';
import { RESPONSE_ID, relayed, requestOf } from './support';

const streamOf = () => openedOverChat(requestOf());
const answering = (text: string) => ({
  apiKey: 'k',
  maxRetries: 0,
  dangerouslyAllowBrowser: true,
  fetch: () => Promise.resolve(new Response(text, { headers: { 'content-type': 'text/event-stream' } })),
});
const CLIENTS = {
  'version 7': (text: string) => new OpenAI(answering(text)).responses.stream({ model: 'm', input: 'x' }).finalResponse(),
  'version 6': (text: string) => new OpenAI6(answering(text)).responses.stream({ model: 'm', input: 'x' }).finalResponse(),
};
const VERSIONS = Object.keys(CLIENTS) as (keyof typeof CLIENTS)[];

const RELAYED: readonly FixtureName[] = [
  'plain',
  'plain-crlf',
  'comments',
  'parallel-tools',
  'reasoning-and-tool',
  'custom-tool',
  'refusal',
  'length-stop',
  'without-opening',
  'unnumbered',
  'web-search',
];

describe.each(VERSIONS)("OpenAI's client, %s", (version) => {
  it.each(RELAYED)('reads %s', async (name) => {
    const response = await CLIENTS[version](relayed(streamOf().relay('openai-responses'), FIXTURES[name]));
    expect(response.id).toBe(RESPONSE_ID);
    expect(response.usage).toMatchObject({ creditsUsed: 0.25 });
  });

  it.each([
    ['deepseek', deepseek],
    ['openrouter', openrouter],
  ])('reads what comes of the chat stream of %s', async (_, text) => {
    const response = await CLIENTS[version](relayed(streamOf().relay('openai-chat'), text));
    expect(response.id).toBe(RESPONSE_ID);
    expect(response.output_text.length).toBeGreaterThan(0);
    expect(response.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
  });

  it('raises a failure with its text', async () => {
    const stream = streamOf();
    const text =
      stream.relay('openai-responses').push(FIXTURES['cut-short']) + stream.fail({ kind: 'upstream_failed', message: 'It broke.' });
    await expect(CLIENTS[version](text)).rejects.toThrow('It broke.');
  });

  it('raises one before any event too', async () => {
    await expect(CLIENTS[version](streamOf().fail({ kind: 'insufficient_credits', message: 'Spent.' }))).rejects.toThrow('Spent.');
  });
});

it("OpenAI's client takes keepalives where they come", async () => {
  const stream = streamOf();
  const relay = stream.relay('openai-responses');
  const { plain } = FIXTURES;
  let text = stream.keepalive();
  for (const event of plain.split(/(?<=\n\n)/)) text += relayed(relay, event) + (relay.ended ? '' : stream.keepalive());
  expect(text.match(/event: keepalive/g)).toHaveLength(11);
  expect((await CLIENTS['version 7'](text)).output_text).toContain('Grüße!');
});
