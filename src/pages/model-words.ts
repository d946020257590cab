/** What of the catalogue is put into words on several pages. */
import type { Family } from '../core/family';
import { minimumTierOf, TIERS } from '../core/tiers';
import type { Model } from '../providers/types';
import { whole } from './parts';

export const FAMILY_LABELS: Record<Family, string> = {
  chat: 'Chat',
  messages: 'Claude',
  responses: 'Responses',
  gemini: 'Gemini',
  embedding: 'Embedding',
  image: 'Image',
  video: 'Video',
  audio: 'Audio',
  '3d': '3D',
  gpu: 'GPU',
};

export const words = (name: string): string => name.replaceAll('_', ' ');

export const tierLabel = (model: Model): string => TIERS.find(({ id }) => id === minimumTierOf(model))!.label;

/** 1,050,000 is read as 1.05M. */
export const shortTokens = (tokens: number): string =>
  tokens >= 1_000_000 ? `${Number((tokens / 1e6).toFixed(2))}M` : tokens >= 1_000 ? `${Math.round(tokens / 1_000)}K` : whole(tokens);
