/** A Worker, the scripted upstream behind it, and lanes: models whose providers no other test uses. */
import { type Account, openAccount } from './account';
import { type Desk, Upstream } from './upstream';
import { type Variables, Worker } from './worker';

/**
 * The price of a lane's model, in USD a million tokens: 100 micro-credits a token of input, 25 of cached input and 400
 * of output. A dear one costs 0.1 credits a token of input and one credit a token of output.
 */
const PRICE = { inputUsdPerMtok: 1, outputUsdPerMtok: 4, cacheReadUsdPerMtok: 0.25 };
const DEAR_PRICE = { inputUsdPerMtok: 1_000, outputUsdPerMtok: 10_000 };

export const INPUT_MICRO = 100;
export const OUTPUT_MICRO = 400;

const KINDS = {
  /** One provider with one key. */
  solo: { providers: 1, keys: 1, onDisconnect: 'cancel', price: PRICE },
  /** Two providers, one after the other. */
  pair: { providers: 2, keys: 1, onDisconnect: 'cancel', price: PRICE },
  /** One provider with two keys. */
  keys: { providers: 1, keys: 2, onDisconnect: 'cancel', price: PRICE },
  /** One provider that goes on, and bills, when its client hangs up. */
  drain: { providers: 1, keys: 1, onDisconnect: 'drain', price: PRICE },
  dear: { providers: 1, keys: 1, onDisconnect: 'cancel', price: DEAR_PRICE },
  /** The same with providers of Anthropic Messages alone. */
  messages: { providers: 1, keys: 1, onDisconnect: 'cancel', price: PRICE, wires: ['anthropic-messages'] },
  'messages-pair': { providers: 2, keys: 1, onDisconnect: 'cancel', price: PRICE, wires: ['anthropic-messages'] },
  'messages-keys': { providers: 1, keys: 2, onDisconnect: 'cancel', price: PRICE, wires: ['anthropic-messages'] },
  'messages-dear': { providers: 1, keys: 1, onDisconnect: 'cancel', price: DEAR_PRICE, wires: ['anthropic-messages'] },
  'messages-drain': { providers: 1, keys: 1, onDisconnect: 'drain', price: PRICE, wires: ['anthropic-messages'] },
  /** The same with providers of OpenAI Responses alone. */
  responses: { providers: 1, keys: 1, onDisconnect: 'cancel', price: PRICE, wires: ['openai-responses'] },
  'responses-pair': { providers: 2, keys: 1, onDisconnect: 'cancel', price: PRICE, wires: ['openai-responses'] },
  'responses-keys': { providers: 1, keys: 2, onDisconnect: 'cancel', price: PRICE, wires: ['openai-responses'] },
  'responses-dear': { providers: 1, keys: 1, onDisconnect: 'cancel', price: DEAR_PRICE, wires: ['openai-responses'] },
  'responses-drain': { providers: 1, keys: 1, onDisconnect: 'drain', price: PRICE, wires: ['openai-responses'] },
  /** Both formats: the first provider has one, the second the other. */
  'responses-chat': {
    providers: 2,
    keys: 1,
    onDisconnect: 'cancel',
    price: PRICE,
    wires: ['openai-responses'],
    secondWires: ['openai-chat'],
  },
  /** One provider with both formats. */
  'chat-and-responses': { providers: 1, keys: 1, onDisconnect: 'cancel', price: PRICE, wires: ['openai-chat', 'openai-responses'] },
  /** And with providers of Google's own format, embeddings, or legacy completions. */
  gemini: { providers: 1, keys: 1, onDisconnect: 'cancel', price: PRICE, wires: ['gemini'] },
  'gemini-pair': { providers: 2, keys: 1, onDisconnect: 'cancel', price: PRICE, wires: ['gemini'] },
  'gemini-chat': { providers: 2, keys: 1, onDisconnect: 'cancel', price: PRICE, wires: ['gemini'], secondWires: ['openai-chat'] },
  'gemini-drain': { providers: 1, keys: 1, onDisconnect: 'drain', price: PRICE, wires: ['gemini'] },
  embedding: { providers: 1, keys: 1, onDisconnect: 'cancel', price: PRICE, wires: ['openai-embeddings'] },
  'google-embedding': { providers: 1, keys: 1, onDisconnect: 'cancel', price: PRICE, wires: ['gemini-embeddings'] },
  completion: { providers: 1, keys: 1, onDisconnect: 'cancel', price: PRICE, wires: ['openai-chat', 'openai-completions'] },
} as const;

export type LaneKind = keyof typeof KINDS;

/** Health, pauses and turns are kept per provider, so tests that break one have providers of their own. */
export interface Lane {
  model: string;
  /** The first provider's name for the model; the second uses `model`. */
  upstreamModel: string;
  first: Desk;
  second: Desk;
  /** The credentials of the first provider, then of the second. */
  keys: readonly string[];
  secondKeys: readonly string[];
}

const BUILT_IN = ['openai', 'anthropic', 'openrouter', 'deepseek', 'google', 'alibaba'] as const;
export type BuiltIn = (typeof BUILT_IN)[number];

export const builtInKey = (provider: BuiltIn): string => `key-of-${provider}-0123456789`;

const idOf = (kind: LaneKind, index: number): string => `${kind}-${String(index).padStart(3, '0')}`;
const keyOf = (name: string, number: number): string => `key-${number}-of-${name}-0123456789`;

const keysOf = (kind: LaneKind, name: string): string[] => Array.from({ length: KINDS[kind].keys }, (_, index) => keyOf(name, index + 1));

/** The formats of a lane's provider, if it has others than chat. */
function wiresOf(kind: { keys: number; wires?: readonly string[]; secondWires?: readonly string[] }, letter: string) {
  const wires = letter === 'b' ? (kind.secondWires ?? kind.wires) : kind.wires;
  return wires && { wires };
}

function customProviders(upstream: Upstream, lanes: Partial<Record<LaneKind, number>>) {
  return (Object.entries(lanes) as [LaneKind, number][]).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, index) => index).flatMap((index) => {
      const id = idOf(kind, index);
      return ['a', 'b'].slice(0, KINDS[kind].providers).map((letter) => ({
        id: `custom-${id}-${letter}`,
        baseUrl: upstream.desk(`${id}-${letter}`).baseUrl,
        apiKey: keysOf(kind, `${id}-${letter}`).join(','),
        onDisconnect: KINDS[kind].onDisconnect,
        ...wiresOf(KINDS[kind], letter),
        models: [{ id, ...(letter === 'a' && { upstreamModel: `${id}-upstream` }), ...KINDS[kind].price }],
      }));
    }),
  );
}

export class Rig {
  private readonly used = new Map<LaneKind, number>();

  private constructor(
    readonly worker: Worker,
    readonly upstream: Upstream,
    private readonly lanes: Partial<Record<LaneKind, number>>,
  ) {}

  static async start(
    lanes: Partial<Record<LaneKind, number>>,
    variables: Variables = {},
    options: { inspected?: boolean } = {},
  ): Promise<Rig> {
    const upstream = await Upstream.start();
    const builtIn = BUILT_IN.flatMap((id) => [
      [`${id.toUpperCase()}_BASE_URL`, upstream.desk(id).baseUrl],
      [`${id.toUpperCase()}_API_KEY`, builtInKey(id)],
    ]);
    try {
      const worker = await Worker.start(
        {
          HOURLY_LIMITS: '{"chat":1000000}',
          ...Object.fromEntries(builtIn),
          CUSTOM_PROVIDERS: JSON.stringify(customProviders(upstream, lanes)),
          ...variables,
        },
        options,
      );
      return new Rig(worker, upstream, lanes);
    } catch (error) {
      await upstream.stop();
      throw error;
    }
  }

  lane(kind: LaneKind): Lane {
    const index = this.used.get(kind) ?? 0;
    if (index >= (this.lanes[kind] ?? 0)) throw new Error(`there are only ${this.lanes[kind] ?? 0} lanes of the kind ${kind}`);
    this.used.set(kind, index + 1);
    const model = idOf(kind, index);
    return {
      model,
      upstreamModel: `${model}-upstream`,
      first: this.upstream.desk(`${model}-a`),
      second: this.upstream.desk(`${model}-b`),
      keys: keysOf(kind, `${model}-a`),
      secondKeys: keysOf(kind, `${model}-b`),
    };
  }

  desk(provider: BuiltIn): Desk {
    return this.upstream.desk(provider);
  }

  account(credits?: number): Promise<Account> {
    return openAccount(this.worker, credits);
  }

  async stop(): Promise<void> {
    await this.upstream.stop();
    await this.worker.stop();
  }
}
