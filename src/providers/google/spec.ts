import type { ProviderSpec, Wire } from '../types';
import { geminiWire } from '../wires/gemini';
import { openaiChatWire } from '../wires/openai-chat';
import { googleMedia } from './media';

/** https://ai.google.dev/gemini-api/docs/openai */
const googleChatWire: Wire = { ...openaiChatWire, path: () => '/openai/chat/completions' };

export const google = {
  id: 'google',
  label: 'Google',
  // https://ai.google.dev/api
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  wires: [geminiWire, googleChatWire],
  onDisconnect: 'drain',
  // In Google's chat format thoughts are counted in total_tokens only: https://discuss.ai.google.dev/t/127400
  reasoningOutsideOutput: true,
  media: googleMedia,
} satisfies ProviderSpec;
