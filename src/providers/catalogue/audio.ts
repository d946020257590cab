import type { Model } from '../types';
import { inUsd, NO_CHAIN } from './terms';

export const AUDIO_MODELS: readonly Model[] = [
  { id: 'audio-tts', label: 'Text to Speech', vendor: 'Fish Audio', family: 'audio', chain: NO_CHAIN, price: inUsd(0.02, 'request') },
  { id: 'audio-clone', label: 'Voice Clone', vendor: 'Fish Audio', family: 'audio', chain: NO_CHAIN, price: inUsd(0.02, 'request') },
  { id: 'audio-asr', label: 'Speech Recognition', vendor: 'Fish Audio', family: 'audio', chain: NO_CHAIN, price: inUsd(0.01, 'request') },
];
