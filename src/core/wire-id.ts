/** The formats in which upstreams are called. A dialect says which of them its calls can be written in. */
export const WIRE_IDS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'openai-embeddings',
  'gemini-embeddings',
  'openai-completions',
] as const;

export type WireId = (typeof WIRE_IDS)[number];
