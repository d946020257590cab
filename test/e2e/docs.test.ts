// The examples in the documents as printed: only the host and the key are replaced.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { commandsOf, DOCUMENTS, fences, isRunAsPrinted } from '../scripts/document-commands.mjs';
import { type Account, openAccount } from './support/account';
import { parseChatStream } from './support/client';
import { ledgerRows } from './support/d1';
import { until } from './support/wait';
import { ADMIN_TOKEN, Worker } from './support/worker';

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

/** The curl commands of a document, each with its continuation lines. */
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

/** Files that the commands expect in their folder. */
const FILES = {
  'catalogue.json': JSON.stringify({ models: [{ id: 'gpt-5.4', chain: [{ provider: 'openrouter', model: 'openai/gpt-5.4' }] }] }),
  'config.yaml': 'model_list: [{ model_name: gpt-5.5, litellm_params: { model: openai/gpt-5.5, api_key: os.environ/OPENAI_API_KEY } }]',
  'model_prices_and_context_window.json': JSON.stringify({ 'gpt-5.5': { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 } }),
  'models.json': JSON.stringify({
    data: [
      { id: 'openai/gpt-5.5', pricing: { prompt: '0.000005', completion: '0.00003' } },
      { id: 'deepseek/deepseek-r1', pricing: { prompt: '0.0000007', completion: '0.0000025' } },
    ],
  }),
  'channels.json': JSON.stringify([{ id: 1, type: 1, status: 1, models: 'gpt-5.5', key: 'sk-one' }]),
  'ratios.json': JSON.stringify({ data: [{ model_name: 'gpt-5.5', model_ratio: 1.25, completion_ratio: 8 }] }),
  'tokens.json': JSON.stringify([{ name: 'ci', status: 1, unlimited_quota: false, remain_quota: 500_000, expired_time: -1 }]),
  'config.json': JSON.stringify({
    strategy: { mode: 'fallback' },
    targets: [
      { provider: 'openai', api_key: 'sk-one' },
      { provider: '@openrouter-main', override_params: { model: 'openai/gpt-5.5' } },
    ],
  }),
  'keys.json': JSON.stringify({ keys: [{ key_alias: 'ci', max_budget: 5, budget_duration: '30d' }] }),
};

/** The block as printed, except for the host, the ids and the path of npm. */
function runnable(text: string, { keyId, voucherId }: { keyId: string; voucherId: string }): string[] {
  return commandsOf(text)
    .filter(isRunAsPrinted)
    .map((command: string) =>
      here(command)
        .replace(/^npm run admin -- /, `'${process.execPath}' '${join(ROOT, 'scripts/admin.mjs')}' `)
        .replace(/^curl /, 'curl -sS --fail-with-body ')
        .replaceAll('acc_...', account.id)
        .replaceAll('key_...', keyId)
        .replaceAll('vou_...', voucherId),
    );
}

/** A stream that can be resumed. */
async function resumableRequest(): Promise<string> {
  const response = await fetch(`${worker.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json', 'x-resumable': 'true' },
    body: '{"model": "gpt-5.5", "stream": true, "messages": [{"role": "user", "content": "Hi"}]}',
  });
  await response.text();
  return response.headers.get('x-request-id')!;
}

describe('every command for a gateway', () => {
  it.each(
    DOCUMENTS.filter((path) => fences(path).some(({ language, text }) => language === 'sh' && commandsOf(text).some(isRunAsPrinted))),
  )('of %s does what it says', async (path) => {
    const directory = mkdtempSync(join(tmpdir(), 'gateway-docs-'));
    const requestId = await resumableRequest();
    const env = { ...process.env, KEY: account.key, GATEWAY_URL: worker.url, ADMIN_TOKEN, REQUEST_ID: requestId };
    try {
      for (const [name, text] of Object.entries(FILES)) writeFileSync(join(directory, name), text);
      const spare = (await worker.admin(`/accounts/${account.id}/keys`, { name: 'spare' })) as { id: string };
      const { vouchers } = (await worker.admin('/vouchers', { credits: 1 })) as { vouchers: { id: string }[] };
      const [voucher] = vouchers;
      // A recovery restores from D1, which must have the last closed call by then.
      if (fences(path).some(({ text }) => /^npm run admin -- recover /m.test(text!)))
        await until('the last line to reach D1', () => ledgerRows(worker, account.id).some(({ id }) => id === requestId));
      const blocksOfShell = fences(path).filter(({ language }) => language === 'sh');
      for (const command of blocksOfShell.flatMap(({ text }) => runnable(text!, { keyId: spare.id, voucherId: voucher!.id }))) {
        await run('bash', ['-c', command], { env, cwd: directory }).catch((error) => {
          throw new Error(`${path}: ${command}\n${error.stdout}${error.stderr}`);
        });
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('docs/catalogue.md', () => {
  it('has an example that this gateway takes, and whose price is in the next receipt', async () => {
    const text = blocks('docs/catalogue.md', 'json')[0]!;
    expect(await worker.admin('/catalogue/check', { text })).toMatchObject({
      valid: true,
      models: ['gpt-5.5', 'gpt-5.4', 'kling-v3', 'my-model'],
    });
    const put = await fetch(`${worker.url}/api/admin/catalogue`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
    });
    const { version } = (await put.json()) as { version: string };
    const response = await fetch(`${worker.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' },
      body: '{"model": "my-model-latest", "messages": [{"role": "user", "content": "Hi"}]}',
    });
    expect(response.status).toBe(200);
    const receipt = await account.generation(response.headers.get('x-request-id')!);
    expect(receipt).toMatchObject({ catalogueVersion: version, price: { inputMicroPerMtok: 20_000_000, outputMicroPerMtok: 60_000_000 } });
  });
});
