// The gateway itself: built by Wrangler, run in workerd with the bindings of wrangler.toml, each simulated by
// Miniflare. Accounts and keys are made through its admin API.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { copyDataPlane } from '../lib/bundle.mjs';
import { bundle, CONFIG } from './project.mjs';
import { startWorkerd } from './workerd.mjs';

/** By the format of the request. */
export const MODELS = { chat: 'gpt-5.5', responses: 'gpt-5.5', messages: 'claude-haiku-4-5' };
const ADMIN_TOKEN = randomBytes(24).toString('hex');
const MAC_SECRET = randomBytes(32).toString('hex');

export const gatewayVars = ({ mockUrl, mockKey }) => ({
  ADMIN_TOKEN,
  KEY_MAC_SECRET: MAC_SECRET,
  OPENAI_BASE_URL: `${mockUrl}/v1`,
  OPENAI_API_KEY: mockKey,
  ANTHROPIC_BASE_URL: `${mockUrl}/v1`,
  ANTHROPIC_API_KEY: mockKey,
  HOURLY_LIMITS: JSON.stringify({ chat: 100_000_000 }),
});

async function admin(port, path, body) {
  const response = await fetch(`http://127.0.0.1:${port}/api/admin${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`POST /api/admin${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Creates an account with credits; returns the header with its key. */
async function caller(port, name) {
  const { id } = await admin(port, '/accounts', { name, credits: 100_000_000, tier: 'scale' });
  const { key } = await admin(port, `/accounts/${id}/keys`, { name: 'bench' });
  return `authorization: Bearer ${key}`;
}

async function callers(port, count) {
  const headers = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const i = next++;
      headers[i] = await caller(port, `bench ${i}`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return headers;
}

const gateway = (bundleOf) => ({
  async prepare(ctx) {
    ctx.bundle ??= await bundle(ctx.workDir);
    ctx.dataPlane ??= copyDataPlane(ctx.bundle, join(ctx.workDir, 'data-plane'));
  },

  async start(ctx) {
    const target = await startWorkerd(ctx, {
      project: { config: CONFIG, bundle: bundleOf(ctx), vars: gatewayVars(ctx), migrate: true },
    });
    const headers = [await caller(target.port, 'bench')];
    return {
      ...target,
      headers,
      callers: async (count) => (count === 1 ? headers : callers(target.port, count)),
      models: MODELS,
      quietMs: 2500, // alarms and queue batches of the ledger come seconds after the calls
    };
  },
});

export const ours = gateway((ctx) => ctx.bundle);

/** Without the modules that are loaded on first use: the account plane, its pages, the sandbox. */
export const oursAlone = gateway((ctx) => ctx.dataPlane);
