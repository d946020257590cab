import type { Model } from '../types';
import { inCredits, NO_CHAIN } from './terms';

export const THREE_D_MODELS: readonly Model[] = [
  { id: 'hunyuan3d-v2-base', label: 'Hunyuan3D v2', vendor: 'Tencent', family: '3d', chain: NO_CHAIN, price: inCredits(45, 'request') },
  {
    id: 'tripo3d-multiview-to-3d',
    label: 'Tripo3D multiview',
    vendor: 'Tripo',
    family: '3d',
    chain: NO_CHAIN,
    price: inCredits(45, 'request'),
  },
];
