import type { ProviderSpec } from '../types';
import { fishAudioMedia } from './media';

export const fishAudio = {
  id: 'fish-audio',
  label: 'Fish Audio',
  // https://docs.fish.audio/api-reference/introduction
  baseUrl: 'https://api.fish.audio',
  wires: [],
  onDisconnect: 'drain',
  media: fishAudioMedia,
} satisfies ProviderSpec;
