import type { Hypereal } from 'hypereal-sdk';
import { type Command, promptOf } from '../context.js';
import { credits, note, print, printJson } from '../output.js';

const USAGE = `hypereal chat [words...] [--model MODEL] [--system TEXT] [--max-tokens N] [--json]

Streams the answer. What is piped in comes after the words: git diff | hypereal chat "Write a commit message"`;

const MODEL = 'gpt-5.5';
const MAX_TOKENS = 4_096;
/** These are served in another format. */
const ANTHROPIC = /^(anthropic\/)?claude/;

interface Said {
  text: string;
  usage: unknown;
  creditsUsed: number | undefined;
  requestId: string | undefined;
}

interface Asked {
  model: string;
  system: string | undefined;
  maxTokens: number | undefined;
  prompt: string;
}

type Tell = (text: string) => void;

async function chatWith(client: Hypereal, { model, system, maxTokens, prompt }: Asked, tell: Tell): Promise<Said> {
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
    { role: 'user' as const, content: prompt },
  ];
  const stream = client.chat.stream({ model, messages, ...(maxTokens !== undefined && { max_tokens: maxTokens }) });
  let text = '';
  for await (const event of stream) {
    if (event.type !== 'text') continue;
    text += event.text;
    tell(event.text);
  }
  return { text, usage: stream.usage, creditsUsed: stream.creditsUsed, requestId: stream.requestId };
}

async function messagesWith(client: Hypereal, { model, system, maxTokens = MAX_TOKENS, prompt }: Asked, tell: Tell): Promise<Said> {
  const messages = [{ role: 'user' as const, content: prompt }];
  const stream = client.messages.stream({ model, max_tokens: maxTokens, messages, ...(system !== undefined && { system }) });
  let text = '';
  for await (const event of stream) {
    if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') continue;
    text += event.delta.text;
    tell(event.delta.text);
  }
  return { text, usage: stream.usage, creditsUsed: stream.creditsUsed, requestId: stream.requestId };
}

export const chat: Command = {
  summary: 'asks a language model, and streams its answer',
  usage: USAGE,
  options: { model: { type: 'string', short: 'm' }, system: { type: 'string', short: 's' }, 'max-tokens': { type: 'string' } },
  async run(context) {
    const client = context.client();
    const model = context.text('model') ?? MODEL;
    const asked: Asked = {
      model,
      system: context.text('system'),
      maxTokens: context.number('max-tokens'),
      prompt: await promptOf(context, USAGE),
    };
    let told = false;
    const tell: Tell = (text) => {
      if (context.asJson) return;
      told = true;
      process.stdout.write(text);
    };
    const said = await (ANTHROPIC.test(model) ? messagesWith : chatWith)(client, asked, tell).catch((error: unknown) => {
      // What had come of the answer is a line of its own.
      if (told) print('');
      throw error;
    });
    if (context.asJson) return printJson({ model, ...said });
    if (!said.text.endsWith('\n')) print('');
    note(`${model} · ${credits(said.creditsUsed)}`);
  },
};
