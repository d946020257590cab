import type { ProviderSpec } from '../types';
import { runpodMedia } from './media';

export const runpod = {
  id: 'runpod',
  label: 'RunPod',
  // https://docs.runpod.io/serverless/endpoints/operation-reference
  baseUrl: 'https://api.runpod.ai/v2',
  wires: [],
  onDisconnect: 'drain',
  media: runpodMedia,
} satisfies ProviderSpec;
