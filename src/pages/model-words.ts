/** Facts of the catalogue in words, for several pages. */
import type { Family } from '../core/family';
import { minimumTierOf, TIERS } from '../core/tiers';
import { FILM_SECONDS, mediaTerms } from '../providers/catalogue/media-terms';
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

/** 1,050,000 becomes 1.05M. */
export const shortTokens = (tokens: number): string =>
  tokens >= 1_000_000 ? `${Number((tokens / 1e6).toFixed(2))}M` : tokens >= 1_000 ? `${Math.round(tokens / 1_000)}K` : whole(tokens);

/** "3 to 15" or "4, 6 or 8". */
function listed(numbers: readonly number[]): string {
  const [first = 0, ...rest] = numbers;
  if (rest.length > 1 && rest.every((number, index) => number === first + index + 1)) return `${first} to ${rest.at(-1)}`;
  return [numbers.slice(0, -1).join(', '), numbers.at(-1)].filter(Boolean).join(' or ');
}

const { min, max } = FILM_SECONDS;

/** What a request for a picture, film or run may ask for, by the same terms that validate it. */
export function mediaFacts(model: Model): [string, string | undefined][] {
  const terms = mediaTerms(model);
  if (!terms) return [];
  const { kind, sizes, aspectRatios, resolutions, references, duration, maxSeconds } = terms;
  const tiers = model.price?.per === 'image' && model.price.tierMicro ? Object.keys(model.price.tierMicro) : resolutions;
  const readsPictures = kind === 'image' || kind === 'video';
  return [
    ['Sizes', sizes?.join(', ')],
    ['Ratios', aspectRatios?.join(', ')],
    ['Resolutions', tiers?.join(', ')],
    ['Lengths', kind === 'video' ? `${duration?.offered ? listed(duration.offered) : `${min} to ${max}`} s` : undefined],
    ['Begins with', terms.needsFirstFrame ? 'a picture' : undefined],
    [
      'Pictures to go by',
      readsPictures && references ? `${references.max} at most${references.forms === 'https' ? ', by public URLs' : ''}` : undefined,
    ],
    ['Longest run', maxSeconds === undefined ? undefined : `${maxSeconds} s`],
  ];
}
