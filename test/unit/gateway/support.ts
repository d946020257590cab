/** Plans over a test's own providers, with a scripted fetch. */

import { Deadlines } from '../../../src/core/deadlines';
import { Health } from '../../../src/core/health';
import { chatCall } from '../../../src/dialects/openai-chat/dialect';
import type { Call } from '../../../src/dialects/types';
import { readSettings } from '../../../src/env';
import type { GatewayDeps } from '../../../src/gateway/deps';
import { Failover } from '../../../src/gateway/failover';
import type { Plan } from '../../../src/gateway/plan';
import { buildRegistry, type Registry } from '../../../src/providers/registry';
import type { Provider } from '../../../src/providers/types';
import { openaiChatWire } from '../../../src/providers/wires/openai-chat';

export const NOW_MS = Date.UTC(2031, 0, 14, 12);

export const registryOf = (env: Record<string, unknown> = {}): Registry => buildRegistry(env);

const BODY = '{"model":"gpt-5.4","messages":[{"role":"user","content":"Hi"}]}';

export const callOf = (more: Partial<Call> = {}, body = BODY): Call => ({
  ...chatCall({
    model: 'gpt-5.4',
    body,
    fields: JSON.parse(body) as Record<string, unknown>,
    stream: false,
    includeUsage: false,
    choices: 1,
    maxOutputTokens: undefined,
    estimatedInputTokens: 100,
    worstInputTokens: 100,
  }),
  ...more,
});

export const provider = (id: string, keys = 1, more: Partial<Provider['spec']> = {}): Provider => ({
  spec: { id, label: id, baseUrl: `https://${id}.test/v1`, wires: [openaiChatWire], onDisconnect: 'cancel', ...more },
  baseUrl: `https://${id}.test/v1`,
  apiKeys: Array.from({ length: keys }, (_, index) => `secret-${id}-${index}`),
});

export const planOf = (...providers: Provider[]): Plan => ({
  model: { id: 'gpt-5.4', label: '', vendor: '', family: 'chat', chain: [] },
  price: { inputMicroPerMtok: 1, outputMicroPerMtok: 1 },
  catalogueVersion: undefined,
  targets: providers.map((each) => ({
    provider: each,
    model: `model-of-${each.spec.id}`,
    wire: openaiChatWire,
    bridge: callOf().over('openai-chat')!,
  })),
  rateFamily: 'chat',
  minimumTier: 'free',
  minimumBalanceMicro: 0,
  estimateMicro: 0,
  worstMicro: 0,
  continued: undefined,
});

export const failing = (status: number, message = 'no', headers: Record<string, string> = {}): Response =>
  Response.json({ error: { message } }, { status, headers });

interface Sent {
  provider: string;
  key: string | undefined;
  model: unknown;
  path: string;
}

/** What an upstream does with a request: answers it, or fails to. */
export type Act = (init: RequestInit) => Response | Promise<Response>;

export class Bench {
  readonly sent: Sent[] = [];
  readonly health = new Health();
  nowMs = NOW_MS;
  private readonly acts = new Map<string, Act[]>();

  /** Sets what a provider does with its next requests; the last act repeats. */
  script(id: string, ...acts: Act[]): this {
    this.acts.set(id, acts);
    return this;
  }

  private readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const { hostname, pathname: path } = new URL(url);
    const id = hostname.replace('.test', '');
    const authorization = new Headers(init.headers).get('authorization');
    const { model } = JSON.parse(String(init.body)) as { model: unknown };
    this.sent.push({ provider: id, key: authorization?.replace('Bearer ', ''), model, path });
    const acts = this.acts.get(id) ?? [];
    const act = acts.length > 1 ? acts.shift() : acts[0];
    if (!act) throw new Error(`${id} has no script`);
    return act(init);
  };

  failover(plan: Plan, { call = callOf(), gone, settings = {} }: FailoverOptions = {}): Failover {
    const deps: Pick<GatewayDeps, 'settings' | 'health' | 'fetch' | 'now' | 'deadlines'> = {
      settings: { ...readSettings({ KEY_MAC_SECRET: 'x'.repeat(32) }), ...settings },
      health: this.health,
      fetch: this.fetch,
      now: () => this.nowMs,
      deadlines: new Deadlines(),
    };
    return new Failover(asDeps(deps), plan, call.stream, gone, false);
  }

  get tried(): string[] {
    return this.sent.map(({ provider: id }) => id);
  }
}

export interface FailoverOptions {
  call?: Call;
  gone?: AbortSignal;
  settings?: Partial<GatewayDeps['settings']>;
}

/** Failover uses nothing else. */
const asDeps = (deps: Pick<GatewayDeps, 'settings' | 'health' | 'fetch' | 'now' | 'deadlines'>): GatewayDeps => deps as GatewayDeps;
