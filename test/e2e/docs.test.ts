// The examples of the documents, as they are printed: only the host and the key are others.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { type Account, openAccount } from './support/account';
import { parseChatStream } from './support/client';
import { Worker } from './support/worker';

const PRINTED_HOST = 'http://127.0.0.1:8787';

let worker: Worker;
let account: Account;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1' });
  account = await openAccount(worker);
});
afterAll(() => worker?.stop());

const run = promisify(execFile);

/** The fenced blocks of a document, in order. */
function blocks(path: string, language: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, block]) => block!);
}

const here = (text: string): string => text.replaceAll(PRINTED_HOST, worker.url);

/** The commands of a block that begin with curl, each with the lines that go on from it. */
const curls = (path: string): string[] => blocks(path, 'sh').flatMap((block) => block.match(/^curl (?:.*\\\n)*.*$/gm) ?? []);

async function shell(command: string): Promise<string> {
  const { stdout } = await run('bash', ['-c', here(command).replace(/^curl /, 'curl -sS ')], { env: { ...process.env, KEY: account.key } });
  return stdout;
}

describe('the documents', () => {
  it('have the examples that are tested here', () => {
    expect(curls('README.md')).toHaveLength(1);
    expect(curls('docs/sandbox.md')).toHaveLength(2);
    expect(blocks('README.md', 'ts')).toHaveLength(1);
    expect(blocks('docs/sandbox.md', 'ts')).toHaveLength(0);
  });
});

describe('README.md', () => {
  it('has a curl that works', async () => {
    const answer = JSON.parse(await shell(curls('README.md')[0]!)) as {
      usage: { creditsUsed: number };
      choices: { message: { content: string } }[];
    };
    expect(answer.choices[0]!.message.content).toContain('Say hi in one word.');
    expect(answer.usage.creditsUsed).toBeGreaterThan(0);
  });

  it('has a program that works', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gateway-docs-'));
    try {
      symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'), 'junction');
      const file = join(directory, 'example.mts');
      writeFileSync(file, here(blocks('README.md', 'ts')[0]!));
      const node = join(ROOT, 'node_modules', '.bin', 'node');
      const { stdout } = await run(node, ['--no-warnings', file], { env: { ...process.env, KEY: account.key } });
      expect(stdout).toContain('Stream me a haiku.');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('says where the cost is', async () => {
    const response = await fetch(`${worker.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' },
      body: '{"model": "gpt-5.5", "messages": [{"role": "user", "content": "Hi"}]}',
    });
    const { usage } = (await response.json()) as { usage: { creditsUsed: number } };
    expect(Number(response.headers.get('x-credits-charged'))).toBe(usage.creditsUsed);
    const receipt = await account.generation(response.headers.get('x-request-id')!);
    expect(receipt).toMatchObject({ creditsUsed: usage.creditsUsed, attempts: [{ outcome: 'answered' }], price: expect.anything() });
  });
});

describe('docs/sandbox.md', () => {
  it('has a curl that works', async () => {
    expect(await shell(curls('docs/sandbox.md')[0]!)).toContain('Hello');
  });

  it('has a stream that fails as it says: after 20 chunks', async () => {
    const stream = parseChatStream(await shell(curls('docs/sandbox.md')[1]!));
    expect(stream.chunks.filter(({ choices }) => choices[0]?.delta.content)).toHaveLength(20);
    expect(stream.error).toMatchObject({ type: 'api_error' });
  });
});
