// The examples that the product's documents print for /gemini and /chat: only the host and the key are replaced.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/lib/paths.mjs';
import type { Account } from './support/account';
import { parseChatStream } from './support/client';
import { Rig } from './support/rig';
import { answer, sse, streamOf } from './support/wire';

const PRINTED_HOSTS = /https:\/\/(?:api\.)?hypereal\.(?:cloud|tech|build)/g;
const PRINTED_KEYS = /YOUR_API_KEY|ck_\.\.\./g;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({});
});
afterAll(() => rig?.stop());

const run = promisify(execFile);
const here = (text: string, { key }: Account): string => text.replaceAll(PRINTED_HOSTS, rig.worker.url).replaceAll(PRINTED_KEYS, key);

const shell = async (command: string, account: Account): Promise<string> =>
  (await run('bash', ['-c', here(command, account).replace(/^curl /, 'curl -sS ')])).stdout;

async function program(text: string, account: Account): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-examples-'));
  try {
    const file = join(directory, 'example.mts');
    writeFileSync(file, here(text, account));
    const node = join(ROOT, 'node_modules', '.bin', 'node');
    return (
      await run(node, ['--no-warnings', file], { env: { ...process.env, HYPEREAL_API_KEY: account.key, NEOCLOUD_API_KEY: account.key } })
    ).stdout;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const GEMINI_CURL = `curl "https://hypereal.cloud/api/v1/gemini" \\
  -H "x-goog-api-key: ck_..." \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "gemini-3.1-pro",
    "contents": [
      {"role": "user", "parts": [{"text": "Outline a launch plan."}]}
    ],
    "generationConfig": {"temperature": 0.6, "maxOutputTokens": 2048}
  }'`;

const GEMINI_FETCH = (variable: string): string => `
const res = await fetch('https://hypereal.cloud/api/v1/gemini', {
  method: 'POST',
  headers: {
    'x-goog-api-key': process.env.${variable}!,
    'Content-Type': 'application/json',
  },
  body: JSON.stringify({
    model: 'gemini-3.1-fast',
    contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
  }),
});

console.log(await res.json());
export {};`;

const CHAT_CURL = (host: string): string => `curl -X POST https://${host}/v1/chat \\
-H "Content-Type: application/json" \\
-H "Authorization: Bearer YOUR_API_KEY" \\
-d '{
"messages": [
{"role": "user", "content": "Hello, how are you?"}
],
"stream": false
}'`;

/** As printed, except for the line that prints what was read. */
const CHAT_FETCH = (host: string): string => `
const response = await fetch('https://${host}/v1/chat', {
method: 'POST',
headers: {
'Content-Type': 'application/json',
'Authorization': 'Bearer YOUR_API_KEY'
},
body: JSON.stringify({
messages: [{ role: 'user', content: 'Hi!' }],
stream: true
})
});
const reader = response.body.getReader();
while (true) {
const { done, value } = await reader.read();
if (done) break;
process.stdout.write(value);
}
export {};`;

describe('the examples of /gemini', () => {
  it('has a curl that works', async () => {
    const account = await rig.account();
    const desk = rig.desk('google');
    desk.reply(answer('First, tell nobody.'));
    const body = JSON.parse(await shell(GEMINI_CURL, account)) as { candidates: unknown[]; usageMetadata: { creditsUsed: number } };
    expect(body.candidates).toMatchObject([{ content: { parts: [{ text: 'First, tell nobody.' }], role: 'model' }, finishReason: 'STOP' }]);
    expect(desk.seen.at(-1)!.json()).toEqual({
      model: 'gemini-3.1-pro-preview',
      messages: [{ role: 'user', content: 'Outline a launch plan.' }],
      temperature: 0.6,
      max_tokens: 2_048,
    });
    // 0.01 USD a million tokens of input and of output: one micro-credit a token.
    expect(await account.money()).toEqual({ spentMicro: 125, heldMicro: 0 });
  });

  it.each(['HYPEREAL_API_KEY', 'NEOCLOUD_API_KEY'])('has a program that works, with its key in %s', async (variable) => {
    const account = await rig.account();
    rig.desk('google').reply(answer('Hello!'));
    expect(await program(GEMINI_FETCH(variable), account)).toMatch(/candidates[\s\S]*usageMetadata/);
    expect((await account.calls()).map(({ model }) => model)).toEqual(['gemini-3.1-fast']);
  });
});

describe.each(['api.hypereal.cloud', 'api.hypereal.tech'])('the examples of /chat, printed for %s', (host) => {
  it('has a curl that gets the answer that is printed', async () => {
    const account = await rig.account();
    rig.desk('openai').reply(answer("Hello! I'm doing great...", { id: 'chatcmpl-abc123' }));
    expect(JSON.parse(await shell(CHAT_CURL(host), account))).toMatchObject({
      id: 'chatcmpl-abc123',
      choices: [{ index: 0, message: { role: 'assistant', content: "Hello! I'm doing great..." }, finish_reason: 'stop' }],
      creditsUsed: 2,
    });
    expect(await account.money()).toEqual({ spentMicro: 2_000_000, heldMicro: 0 });
  });

  it('has a program that reads a stream', async () => {
    const account = await rig.account();
    rig.desk('openai').reply(sse(streamOf(['Hel', 'lo!'])));
    const stream = parseChatStream(await program(CHAT_FETCH(host), account));
    expect(stream).toMatchObject({ text: 'Hello!', done: true });
    expect(stream.chunks.at(-1)).toMatchObject({ creditsUsed: 2 });
  });
});
