import type { ProviderSpec, Wire } from '../types';
import { geminiEmbeddingsWire, geminiWire } from '../wires/gemini';
import { openaiChatWire } from '../wires/openai-chat';
import { openaiEmbeddingsWire } from '../wires/openai-plain';
import { googleMedia } from './media';

/** https://ai.google.dev/gemini-api/docs/openai */
const googleChatWire: Wire = { ...openaiChatWire, path: () => '/openai/chat/completions' };
const googleEmbeddingsWire: Wire = { ...openaiEmbeddingsWire, path: () => '/openai/embeddings' };

export const google = {
  id: 'google',
  label: 'Google',
  // https://ai.google.dev/api
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  wires: [geminiWire, googleChatWire, geminiEmbeddingsWire, googleEmbeddingsWire],
  onDisconnect: 'drain',
  // In Google's chat format thoughts are counted in total_tokens only: https://discuss.ai.google.dev/t/127400
  reasoningOutsideOutput: true,
  media: googleMedia,
} satisfies ProviderSpec;
