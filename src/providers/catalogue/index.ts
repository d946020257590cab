import type { Model } from '../types';
import { AUDIO_MODELS } from './audio';
import { CHAT_MODELS } from './chat';
import { EMBEDDING_MODELS } from './embedding';
import { GEMINI_MODELS } from './gemini';
import { GPU_MODELS } from './gpu';
import { IMAGE_MODELS } from './image';
import { MEDIA_CHAINS } from './media-chains';
import { MESSAGES_MODELS } from './messages';
import { RESPONSES_MODELS } from './responses';
import { THREE_D_MODELS } from './three-d';
import { VIDEO_MODELS } from './video';

export const MODELS: readonly Model[] = [
  ...CHAT_MODELS,
  ...MESSAGES_MODELS,
  ...RESPONSES_MODELS,
  ...GEMINI_MODELS,
  ...EMBEDDING_MODELS,
  ...[...IMAGE_MODELS, ...VIDEO_MODELS, ...AUDIO_MODELS, ...THREE_D_MODELS, ...GPU_MODELS].map((model) => ({
    ...model,
    chain: MEDIA_CHAINS[model.id] ?? model.chain,
  })),
];
