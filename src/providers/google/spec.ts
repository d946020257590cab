import type { ProviderSpec } from '../types';
import { openaiChatWire } from '../wires/openai-chat';
import { googleMedia } from './media';

export const google = {
  id: 'google',
  label: 'Google',
  // https://ai.google.dev/gemini-api/docs/openai
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  wires: [openaiChatWire],
  onDisconnect: 'drain',
  // https://discuss.ai.google.dev/t/127400: thoughts are in total_tokens only.
  reasoningOutsideOutput: true,
  media: googleMedia,
} satisfies ProviderSpec;
