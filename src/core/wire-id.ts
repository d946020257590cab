/** The formats in which upstreams are spoken to. A dialect says how its calls cross each wire that it can use. */
export const WIRE_IDS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'openai-embeddings',
  'openai-completions',
] as const;

export type WireId = (typeof WIRE_IDS)[number];
