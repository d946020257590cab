import type { ProviderSpec } from '../types';
import { wavespeedMedia } from './media';

export const wavespeed = {
  id: 'wavespeed',
  label: 'WaveSpeed',
  // https://wavespeed.ai/docs/submit-task
  baseUrl: 'https://api.wavespeed.ai/api/v3',
  wires: [],
  onDisconnect: 'drain',
  media: wavespeedMedia,
} satisfies ProviderSpec;
