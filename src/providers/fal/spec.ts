import type { ProviderSpec } from '../types';
import { falMedia } from './media';

export const fal = {
  id: 'fal',
  label: 'fal',
  // https://fal.ai/docs/documentation/model-apis/inference/queue
  baseUrl: 'https://queue.fal.run',
  wires: [],
  onDisconnect: 'drain',
  media: falMedia,
} satisfies ProviderSpec;
