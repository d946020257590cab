/** Which models of the catalogue can be had, from which provider, and at which endpoint. */
import { ENDPOINT_OF } from '../core/family';
import type { WireId } from '../core/wire-id';
import { anthropicMessages } from '../dialects/anthropic-messages/dialect';
import { geminiNative } from '../dialects/gemini/dialect';
import { geminiEmbeddings } from '../dialects/gemini-embeddings/dialect';
import { openaiChat } from '../dialects/openai-chat/dialect';
import { openaiCompletions } from '../dialects/openai-completions/dialect';
import { openaiEmbeddings } from '../dialects/openai-embeddings/dialect';
import { openaiResponses } from '../dialects/openai-responses/dialect';
import type { Dialect } from '../dialects/types';
import type { Registry } from '../providers/registry';
import type { Model, Provider, Target, Wire } from '../providers/types';

export interface Reached<B> {
  provider: Provider;
  /** The provider's own id for the model. */
  model: string;
  wire: Wire;
  bridge: B;
  /** The same target over the next of the formats that it speaks, for when it refuses the call in this one. */
  other?: () => Reached<B> | undefined;
}

/** The provider that answers in-process: for test keys, and for a local run in which no provider has a key. */
const SANDBOX = 'sandbox';

interface Crossing<B> {
  over(wire: WireId): B | undefined;
  hasTools?(): boolean;
}

/** The targets that can be reached, each over the first of the dialect's wires that its provider speaks and the call can be written in. */
export function targetsOf<B>(registry: Registry, dialect: Dialect, call: Crossing<B>, model: Model, sandbox: boolean): Reached<B>[] {
  const chain: readonly Target[] = sandbox ? [{ provider: SANDBOX, model: model.id }] : model.chain;
  return chain.flatMap((target) => {
    const provider = registry.providers.get(target.provider);
    return (provider && reach(provider, target, call, wiresInOrder(dialect, target, call))) ?? [];
  });
}

function reach<B>(provider: Provider, target: Target, call: Crossing<B>, wires: readonly WireId[]): Reached<B> | undefined {
  for (const [index, id] of wires.entries()) {
    const wire = speaks(provider, target, id);
    const bridge = wire && call.over(id);
    if (bridge) return { provider, model: target.model, wire, bridge, other: () => reach(provider, target, call, wires.slice(index + 1)) };
  }
  return undefined;
}

const speaks = ({ spec }: Provider, target: Target, id: WireId): Wire | undefined =>
  target.wires?.includes(id) === false ? undefined : spec.wires.find((spoken) => spoken.id === id);

function wiresInOrder({ wires }: Dialect, { toolWires }: Target, call: Crossing<unknown>): readonly WireId[] {
  if (!toolWires || !call.hasTools?.()) return wires;
  return [...wires.filter((id) => toolWires.includes(id)), ...wires.filter((id) => !toolWires.includes(id))];
}

/** Can any provider serve the model over one of these wires? */
export const isReachable = ({ providers }: Registry, model: Model, wires: Dialect['wires'], sandbox: boolean): boolean =>
  sandbox ||
  model.chain.some((target) => {
    const provider = providers.get(target.provider);
    return provider !== undefined && wires.some((id) => speaks(provider, target, id) !== undefined);
  });

/** Google's paths: all but media models and, of these, those for pictures and films. */
export const GOOGLES = '/v1beta/models';

/** The dialects with their endpoints, the usual ones first. */
const FORMATS: readonly { dialect: Dialect; path: string }[] = [
  { dialect: openaiChat, path: '/v1/chat/completions' },
  { dialect: openaiResponses, path: '/v1/responses' },
  { dialect: anthropicMessages, path: '/v1/messages' },
  { dialect: geminiNative, path: GOOGLES },
  { dialect: openaiEmbeddings, path: '/v1/embeddings' },
  { dialect: geminiEmbeddings, path: GOOGLES },
  { dialect: openaiCompletions, path: '/v1/completions' },
];

/** The endpoints at which the model can be called, as the gateway is configured. */
export function endpointsOf(registry: Registry, model: Model, sandbox: boolean): string[] {
  const served = FORMATS.filter(({ dialect }) => dialect.families.includes(model.family));
  if (served.length > 0)
    return served.filter(({ dialect }) => isReachable(registry, model, dialect.wires, sandbox)).map(({ path }) => path);
  // Media models are made by jobs, whatever wire their provider speaks.
  if (!sandbox && !model.chain.some(({ provider }) => registry.providers.has(provider))) return [];
  const own = ENDPOINT_OF[model.family];
  return model.family === 'image' || model.family === 'video' ? [own, GOOGLES] : [own];
}
