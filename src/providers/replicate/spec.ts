import type { ProviderSpec } from '../types';
import { replicateMedia } from './media';

export const replicate = {
  id: 'replicate',
  label: 'Replicate',
  // https://replicate.com/docs/reference/http
  baseUrl: 'https://api.replicate.com/v1',
  wires: [],
  onDisconnect: 'drain',
  media: replicateMedia,
} satisfies ProviderSpec;
