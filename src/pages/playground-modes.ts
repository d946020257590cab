/** What the playground can make, and its texts. */
import type { Family } from '../core/family';
import type { Variant } from './examples';

/** A file that a call may include. */
export interface BroughtFile {
  label: string;
  /** The call's field for it. */
  name: string;
  kinds: 'image' | 'audio';
  variants: readonly Variant[];
  /** The variants that need it. */
  neededBy?: readonly Variant[];
  isSeveral?: boolean;
}

interface PlaygroundMode {
  label: string;
  families: readonly Family[];
  /** The initial prompt, and the variants that have one (all unless given). */
  prompt: string;
  promptFor?: readonly Variant[];
  isPromptFree?: boolean;
  files?: readonly BroughtFile[];
  preferred: string;
  /** Above the turns, and in their place while there are none. */
  title: string;
  empty: string;
}

export type Mode = 'chat' | 'image' | 'video' | 'audio' | '3d';

export const MODES: Readonly<Record<Mode, PlaygroundMode>> = {
  chat: {
    label: 'Chat',
    families: ['chat', 'messages', 'responses', 'gemini'],
    prompt: 'Explain in two sentences why the sky is blue.',
    preferred: 'gpt-5.5',
    title: 'Conversation',
    empty:
      'The answer is shown here, word by word, with what it cost. What was said is sent along with what you say next, and stays in this tab until you sign out.',
  },
  image: {
    label: 'Image',
    families: ['image'],
    prompt: 'A lighthouse in the fog, risograph print',
    files: [{ label: 'Pictures to go by', name: 'image', kinds: 'image', variants: ['plain'], isSeveral: true }],
    preferred: 'gpt-image-2',
    title: 'Pictures',
    empty: 'The picture is shown here, with what it cost.',
  },
  video: {
    label: 'Video',
    families: ['video'],
    prompt: 'Waves at dusk, seen from a cliff',
    files: [{ label: 'First picture', name: 'image', kinds: 'image', variants: ['plain', 'picture'], neededBy: ['picture'] }],
    preferred: 'wan2.6',
    title: 'Films',
    empty: 'The film is shown here when it is made. That takes up to some minutes, and goes on while you look at other pages.',
  },
  audio: {
    label: 'Sound',
    families: ['audio'],
    prompt: '(happy) Good morning! The coffee is ready.',
    promptFor: ['plain', 'clone'],
    files: [
      { label: 'Recording of the voice, 10 seconds or more', name: 'audio', kinds: 'audio', variants: ['clone'], neededBy: ['clone'] },
      { label: 'Recording', name: 'audio', kinds: 'audio', variants: ['transcript'], neededBy: ['transcript'] },
    ],
    preferred: 'audio-tts',
    title: 'Sound',
    empty: 'What is said, or what was heard in a recording, is given here, with what it cost.',
  },
  '3d': {
    label: '3D',
    families: ['3d'],
    prompt: '',
    promptFor: ['picture'],
    isPromptFree: true,
    files: [
      { label: 'Picture', name: 'image', kinds: 'image', variants: ['picture'], neededBy: ['picture'] },
      { label: 'From the front', name: 'front_image_url', kinds: 'image', variants: ['views'], neededBy: ['views'] },
      { label: 'From the left', name: 'left_image_url', kinds: 'image', variants: ['views'] },
      { label: 'From the back', name: 'back_image_url', kinds: 'image', variants: ['views'] },
      { label: 'From the right', name: 'right_image_url', kinds: 'image', variants: ['views'] },
    ],
    preferred: 'hunyuan3d-v2-base',
    title: 'Objects',
    empty: 'The object is given here as a GLB file, with what it cost. That takes up to some minutes.',
  },
};

export const isPlayable = (mode: string): mode is Mode => Object.hasOwn(MODES, mode);
