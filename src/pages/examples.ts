/** Code that does what a page shows: for the playground, which fills it in as one types, and for each model's page. */
import type { Family } from '../core/family';
import { mediaTerms } from '../providers/catalogue/media-terms';
import type { Model } from '../providers/types';

/**
 * Differences among models of one kind in what a call must bring: a bound (`messages`), a picture, pictures from
 * several sides (`views`), a voice recording (`clone`), or a recording to transcribe. `text` takes only words and
 * links.
 */
export type Variant = 'plain' | 'messages' | 'text' | 'picture' | 'views' | 'clone' | 'transcript';

export interface Example {
  label: string;
  /** The variants it is for, if not all. */
  variants?: readonly Variant[];
  text: string;
}

/** The output bound, for the format that requires one. */
export const EXAMPLE_TOKENS = 1024;

export type ExampleMode = 'chat' | 'image' | 'video' | 'audio' | 'embedding' | '3d' | 'gpu';

export function exampleMode(family: Family): ExampleMode {
  return family === 'messages' || family === 'responses' || family === 'gemini' ? 'chat' : family;
}

export function variantOf(model: Pick<Model, 'id' | 'family'>): Variant {
  if (model.family === 'messages') return 'messages';
  const { kind, needsFirstFrame, needsViews, references } = mediaTerms(model) ?? {};
  if (needsViews) return 'views';
  if (needsFirstFrame || kind === '3d') return 'picture';
  if (kind === 'clone') return 'clone';
  if (kind === 'asr') return 'transcript';
  return references?.forms === 'https' ? 'text' : 'plain';
}

const curl = (origin: string, path: string, body: string): string =>
  `curl ${origin}${path} \\\n  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\\n  -d '${body}'`;

const client = (origin: string): string =>
  `import OpenAI from 'openai';\n\nconst client = new OpenAI({ apiKey: process.env.KEY, baseURL: '${origin}/v1' });\n`;

const pythonClient = (origin: string): string =>
  `import os\nfrom openai import OpenAI\n\nclient = OpenAI(api_key=os.environ["KEY"], base_url="${origin}/v1")\n`;

const MESSAGES = '{{messages}}';

const plainChat = (origin: string): Example[] => [
  {
    label: 'curl',
    variants: ['plain'],
    text: curl(origin, '/v1/chat/completions', `{"model": "{{model}}", "stream": true, "messages": ${MESSAGES}}`),
  },
  {
    label: 'TypeScript',
    variants: ['plain'],
    text: `${client(origin)}const stream = await client.chat.completions.create({\n  model: '{{model}}',\n  stream: true,\n  messages: ${MESSAGES},\n});\nfor await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? '');`,
  },
  {
    label: 'Python',
    variants: ['plain'],
    text: `${pythonClient(origin)}stream = client.chat.completions.create(\n    model="{{model}}",\n    stream=True,\n    messages=${MESSAGES},\n)\nfor chunk in stream:\n    if chunk.choices:\n        print(chunk.choices[0].delta.content or "", end="")`,
  },
];

const messagesChat = (origin: string): Example[] => [
  {
    label: 'curl',
    variants: ['messages'],
    text: curl(origin, '/v1/messages', `{"model": "{{model}}", "max_tokens": {{tokens}}, "stream": true, "messages": ${MESSAGES}}`),
  },
  {
    label: 'TypeScript',
    variants: ['messages'],
    text: `import Anthropic from '@anthropic-ai/sdk';\n\nconst client = new Anthropic({ apiKey: process.env.KEY, baseURL: '${origin}' });\nconst stream = client.messages.stream({\n  model: '{{model}}',\n  max_tokens: {{tokens}},\n  messages: ${MESSAGES},\n});\nfor await (const text of stream.textStream) process.stdout.write(text);`,
  },
  {
    label: 'Python',
    variants: ['messages'],
    text: `import os\nfrom anthropic import Anthropic\n\nclient = Anthropic(api_key=os.environ["KEY"], base_url="${origin}")\nwith client.messages.stream(\n    model="{{model}}",\n    max_tokens={{tokens}},\n    messages=${MESSAGES},\n) as stream:\n    for text in stream.text_stream:\n        print(text, end="")`,
  },
];

const image = (origin: string): Example[] => [
  { label: 'curl', text: curl(origin, '/v1/images/generate', '{"model": "{{model}}", "prompt": "{{prompt}}"}') },
  {
    label: 'TypeScript',
    text: `${client(origin)}const image = await client.images.generate({ model: '{{model}}', prompt: "{{prompt}}" });\nconsole.log(image.data[0].url);`,
  },
  {
    label: 'Python',
    text: `${pythonClient(origin)}image = client.images.generate(model="{{model}}", prompt="{{prompt}}")\nprint(image.data[0].url)`,
  },
];

const film = (origin: string, variants: readonly Variant[], picture: readonly [json: string, code: string]): Example[] => [
  {
    label: 'curl',
    variants,
    text: `${curl(origin, '/v1/videos/generate', `{"model": "{{model}}", "prompt": "{{prompt}}", "duration": {{seconds}}${picture[0]}}`)}\n\ncurl ${origin}/v1/jobs/JOB_ID -H "Authorization: Bearer $KEY"`,
  },
  {
    label: 'TypeScript',
    variants,
    text: `const response = await fetch('${origin}/v1/videos/generate', {
  method: 'POST',
  headers: { authorization: \`Bearer \${process.env.KEY}\`, 'content-type': 'application/json', prefer: 'wait=300' },
  body: JSON.stringify({ model: '{{model}}', prompt: "{{prompt}}", duration: {{seconds}}${picture[1]} }),
});
console.log((await response.json()).outputUrl);`,
  },
];

const video = (origin: string): Example[] => [
  ...film(origin, ['plain'], ['', '']),
  ...film(origin, ['picture'], [', "image": "https://example.com/first.png"', ", image: 'https://example.com/first.png'"]),
];

const audio = (origin: string): Example[] => [
  { label: 'curl', variants: ['plain'], text: curl(origin, '/v1/audio/generations', '{"model": "{{model}}", "text": "{{prompt}}"}') },
  {
    label: 'curl',
    variants: ['clone'],
    text: curl(origin, '/v1/audio/generations', '{"model": "{{model}}", "text": "{{prompt}}", "audio": "https://example.com/voice.mp3"}'),
  },
  {
    label: 'curl',
    variants: ['transcript'],
    text: `curl ${origin}/v1/audio/transcriptions -H "Authorization: Bearer $KEY" \\\n  -F model={{model}} -F file=@recording.mp3`,
  },
  {
    label: 'TypeScript',
    variants: ['transcript'],
    text: `import { createReadStream } from 'node:fs';\n${client(origin)}const { text } = await client.audio.transcriptions.create({\n  model: '{{model}}',\n  file: createReadStream('recording.mp3'),\n});\nconsole.log(text);`,
  },
];

const threeD = (origin: string): Example[] => [
  {
    label: 'curl',
    variants: ['picture'],
    text: curl(origin, '/v1/3d/generate', '{"model": "{{model}}", "image": "https://example.com/chair.png"}'),
  },
  {
    label: 'curl',
    variants: ['views'],
    text: curl(
      origin,
      '/v1/3d/generate',
      '{\n    "model": "{{model}}",\n    "front_image_url": "https://example.com/front.png",\n    "left_image_url": "https://example.com/left.png"\n  }',
    ),
  },
];

/** Placeholders such as `{{messages}}` and `"{{prompt}}"` are filled in by the page's script, and here for browsers without scripts. */
export function examples(origin: string, mode: ExampleMode): Example[] {
  switch (mode) {
    case 'chat':
      return [...plainChat(origin), ...messagesChat(origin)];
    case 'image':
      return image(origin);
    case 'video':
      return video(origin);
    case 'audio':
      return audio(origin);
    case 'embedding':
      return [{ label: 'curl', text: curl(origin, '/v1/embeddings', '{"model": "{{model}}", "input": "A lighthouse in the fog"}') }];
    case '3d':
      return threeD(origin);
    case 'gpu':
      return [{ label: 'curl', text: curl(origin, '/v1/gpu/{{model}}', '{"input": {"prompt": "A lighthouse in the fog"}}') }];
  }
}

export const filled = (text: string, model: string, prompt: string): string =>
  text
    .replaceAll('{{model}}', model)
    .replaceAll('{{messages}}', `[{"role": "user", "content": ${JSON.stringify(prompt)}}]`)
    .replaceAll('"{{prompt}}"', JSON.stringify(prompt))
    .replaceAll('{{seconds}}', '5')
    .replaceAll('{{tokens}}', String(EXAMPLE_TOKENS));
