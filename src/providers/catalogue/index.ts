import type { Family } from '../../core/family';
import { indexModels } from '../model-index';
import type { Model } from '../types';
import { AUDIO_MODELS } from './audio';
import { CHAT_MODELS } from './chat';
import { GEMINI_MODELS } from './gemini';
import { GPU_MODELS } from './gpu';
import { IMAGE_MODELS } from './image';
import { MESSAGES_MODELS } from './messages';
import { RESPONSES_MODELS } from './responses';
import { THREE_D_MODELS } from './three-d';
import { VIDEO_MODELS } from './video';

export const MODELS: readonly Model[] = [
  ...CHAT_MODELS,
  ...MESSAGES_MODELS,
  ...RESPONSES_MODELS,
  ...GEMINI_MODELS,
  ...IMAGE_MODELS,
  ...VIDEO_MODELS,
  ...AUDIO_MODELS,
  ...THREE_D_MODELS,
  ...GPU_MODELS,
];

const index = indexModels(MODELS);

/** A model of the catalogue by its id, an alias, or any id of a line that is known as a whole. */
export const findModel = (id: string): Model | undefined => index.find(id);

/** The ids of the models that have a price, and so can be called. */
export const availableModelIds = (families: readonly Family[]): string[] => index.availableIds(families);
