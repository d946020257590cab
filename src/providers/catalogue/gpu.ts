import type { Model } from '../types';
import { inCredits, NO_CHAIN } from './terms';

export const GPU_MODELS: readonly Model[] = [
  { id: 'sdxl', label: 'SDXL', vendor: 'Stability AI', family: 'gpu', chain: NO_CHAIN, price: inCredits(50, 'request') },
  { id: 'wan-video', label: 'WAN Video', vendor: 'Alibaba', family: 'gpu', chain: NO_CHAIN, price: inCredits(2, 'gpu_second') },
];
