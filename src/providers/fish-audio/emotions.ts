/**
 * Our documents write emotion tags as `(happy) Hello!`, like Fish's first generation. Its later models expect square
 * brackets and would read the parentheses aloud. https://docs.fish.audio/developer-platform/core-features,
 * https://docs.comfy.org/tutorials/partner-nodes/fishaudio/prompt-guide
 */
const TAGS: ReadonlySet<string> = new Set(
  [
    'happy sad angry excited calm nervous confident surprised satisfied delighted scared worried upset frustrated depressed',
    'empathetic embarrassed disgusted moved proud relaxed grateful curious sarcastic disdainful unhappy anxious hysterical',
    'indifferent uncertain doubtful confused disappointed regretful guilty ashamed jealous envious hopeful optimistic',
    'pessimistic nostalgic lonely bored contemptuous sympathetic compassionate determined resigned joyful sincere',
    'shouting screaming whispering laughing chuckling sobbing sighing groaning panting gasping yawning snoring break long-break',
  ]
    .flatMap((line) => line.split(' '))
    .concat('in a hurry tone', 'soft tone', 'crying loudly', 'audience laughing', 'background laughter', 'crowd laughing'),
);

const PARENTHESES = /\(((?:(?:very|slightly|extremely|a bit) )?)([a-z][a-z -]{1,30})\)/gi;

/** Parentheses around anything but a tag stay. */
const withBrackets = (text: string): string =>
  text.replace(PARENTHESES, (whole, degree: string, tag: string) => (TAGS.has(tag.toLowerCase()) ? `[${degree}${tag}]` : whole));

export const emotionsFor = (model: string, text: string): string => (/^s1\b/.test(model) ? text : withBrackets(text));
