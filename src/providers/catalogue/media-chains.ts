import type { MediaTarget } from '../types';

/** Where each media model can be had, in order of preference; a model that is missing here has no provider yet. */
export const MEDIA_CHAINS: Readonly<Record<string, readonly MediaTarget[]>> = {};
