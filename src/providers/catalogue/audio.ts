import type { Model } from '../types';
import { inUsd, NO_CHAIN } from './terms';

/** The aliases are the only names that many programs know, with no field for another. */
export const AUDIO_MODELS: readonly Model[] = [
  {
    id: 'audio-tts',
    label: 'Text to Speech',
    vendor: 'Fish Audio',
    family: 'audio',
    chain: NO_CHAIN,
    aliases: ['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts'],
    price: inUsd(0.02, 'request'),
  },
  { id: 'audio-clone', label: 'Voice Clone', vendor: 'Fish Audio', family: 'audio', chain: NO_CHAIN, price: inUsd(0.02, 'request') },
  {
    id: 'audio-asr',
    label: 'Speech Recognition',
    vendor: 'Fish Audio',
    family: 'audio',
    chain: NO_CHAIN,
    aliases: ['whisper-1'],
    price: inUsd(0.01, 'request'),
  },
];
