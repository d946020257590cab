/** How each client is configured for this gateway: docs/clients.md with the host filled in. */

export interface Quickstart {
  id: string;
  name: string;
  /** Where the text goes: a shell, or a file. */
  where: string;
  text: (origin: string, key: string) => string;
  note?: string;
}

export const TOOLS: readonly Quickstart[] = [
  {
    id: 'claude-code',
    name: 'Claude Code',
    where: 'In a shell',
    text: (origin, key) => `export ANTHROPIC_BASE_URL=${origin}\nexport ANTHROPIC_API_KEY=${key}\nclaude`,
    note: 'It asks for models by names that change; every name of a line is answered by the line’s model in the catalogue.',
  },
  {
    id: 'codex',
    name: 'Codex CLI',
    where: '~/.codex/config.toml',
    text: (origin) => `model_provider = "gateway"
model = "gpt-5.3-codex"

[model_providers.gateway]
name = "Gateway"
base_url = "${origin}/v1"
wire_api = "responses"
env_key = "GATEWAY_KEY"`,
    note: 'Put the key in the environment variable GATEWAY_KEY.',
  },
  {
    id: 'opencode',
    name: 'OpenCode',
    where: 'opencode.json',
    text: (origin) => `{
  "provider": {
    "gateway": {
      "npm": "@ai-sdk/openai-compatible",
      "options": { "baseURL": "${origin}/v1", "apiKey": "{env:GATEWAY_KEY}" },
      "models": { "gpt-5.5": {} }
    }
  }
}`,
    note: 'Put the key in the environment variable GATEWAY_KEY.',
  },
  {
    id: 'cursor',
    name: 'Cursor',
    where: 'Settings, Models, API keys',
    text: (origin, key) => `OpenAI API key            ${key}
Override OpenAI base URL  ${origin}/v1
Add a model               gpt-5.5`,
    note: 'Cursor calls from its own servers, so the gateway must be reachable from the internet.',
  },
  {
    id: 'gemini-cli',
    name: 'Gemini CLI',
    where: 'In a shell',
    text: (origin, key) => `export GOOGLE_GEMINI_BASE_URL=${origin}\nexport GEMINI_API_KEY=${key}\ngemini -m gemini-3-flash-official`,
  },
  {
    id: 'copilot',
    name: 'GitHub Copilot CLI',
    where: 'In a shell',
    text: (origin, key) => `export COPILOT_PROVIDER_BASE_URL=${origin}/v1
export COPILOT_PROVIDER_API_KEY=${key}
export COPILOT_PROVIDER_WIRE_API=responses
export COPILOT_MODEL=gpt-5.3-codex
copilot`,
    note: 'Without COPILOT_PROVIDER_WIRE_API it speaks chat.',
  },
  {
    id: 'qwen-code',
    name: 'Qwen Code',
    where: 'In a shell',
    text: (origin, key) => `export OPENAI_BASE_URL=${origin}/v1
export OPENAI_API_KEY=${key}
qwen --auth-type openai -m gpt-5.5`,
  },
  {
    id: 'cline',
    name: 'Cline CLI',
    where: 'In a shell',
    text: (origin, key) => `cline auth -p openai-compatible -k ${key} -m gpt-5.5 -b ${origin}/v1
cline "Write the tests."`,
  },
  {
    id: 'pi',
    name: 'pi',
    where: '~/.pi/agent/models.json',
    text: (origin) => `{
  "providers": {
    "gateway": {
      "baseUrl": "${origin}/v1",
      "api": "openai-completions",
      "apiKey": "$GATEWAY_KEY",
      "models": [{ "id": "gpt-5.5" }]
    }
  }
}`,
    note: 'Put the key in the environment variable GATEWAY_KEY, then: pi --provider gateway --model gpt-5.5',
  },
  {
    id: 'continue',
    name: 'Continue',
    where: 'A file for cn --config',
    text: (origin, key) => `name: Gateway
version: 1.0.0
schema: v1
models:
  - name: gpt-5.5
    provider: openai
    model: gpt-5.5
    apiBase: ${origin}/v1
    apiKey: ${key}
    roles: [chat]
    capabilities: [tool_use]`,
  },
];

export const SDKS: readonly Quickstart[] = [
  {
    id: 'openai',
    name: 'OpenAI SDK',
    where: 'TypeScript',
    text: (origin, key) => `import OpenAI from 'openai';

const client = new OpenAI({ apiKey: '${key}', baseURL: '${origin}/v1' });
const answer = await client.chat.completions.create({
  model: 'gpt-5.5',
  messages: [{ role: 'user', content: 'Say hi in one word.' }],
});
console.log(answer.choices[0].message.content);`,
  },
  {
    id: 'openai-python',
    name: 'OpenAI SDK',
    where: 'Python',
    text: (origin, key) => `from openai import OpenAI

client = OpenAI(api_key="${key}", base_url="${origin}/v1")
answer = client.chat.completions.create(
    model="gpt-5.5",
    messages=[{"role": "user", "content": "Say hi in one word."}],
)
print(answer.choices[0].message.content)`,
  },
  {
    id: 'anthropic',
    name: 'Anthropic SDK',
    where: 'TypeScript',
    text: (origin, key) => `import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ apiKey: '${key}', baseURL: '${origin}' });
const message = await client.messages.create({
  model: 'claude-sonnet-4-6',
  max_tokens: 1024,
  messages: [{ role: 'user', content: 'Say hi in one word.' }],
});
console.log(message.content);`,
  },
  {
    id: 'google',
    name: 'Google SDK',
    where: 'TypeScript',
    text: (origin, key) => `import { GoogleGenAI } from '@google/genai';

const client = new GoogleGenAI({ apiKey: '${key}', httpOptions: { baseUrl: '${origin}' } });
const answer = await client.models.generateContent({
  model: 'gemini-3-flash-official',
  contents: 'Say hi in one word.',
});
console.log(answer.text);`,
  },
];

const posted = (origin: string, key: string, path: string, body: string): string =>
  `curl ${origin}${path} \\\n  -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\\n  -d '${body}'`;

/** A call for each kind of media. */
export const MEDIA: readonly Pick<Quickstart, 'name' | 'text'>[] = [
  {
    name: 'An image',
    text: (origin, key) => posted(origin, key, '/v1/images/generate', '{"model": "gpt-image-2", "prompt": "A lighthouse in the fog"}'),
  },
  {
    name: 'A video',
    text: (origin, key) =>
      `${posted(origin, key, '/v1/videos/generate', '{"model": "wan2.6", "prompt": "Waves at dusk", "duration": 5}')}\n\ncurl ${origin}/v1/jobs/JOB_ID -H "Authorization: Bearer ${key}"`,
  },
  {
    name: 'Speech',
    text: (origin, key) =>
      `${posted(origin, key, '/v1/audio/speech', '{"model": "audio-tts", "input": "(happy) Good morning!"}')} -o morning.mp3`,
  },
  {
    name: 'What is said in a recording',
    text: (origin, key) =>
      `curl ${origin}/v1/audio/transcriptions -H "Authorization: Bearer ${key}" \\\n  -F model=audio-asr -F file=@morning.mp3`,
  },
  {
    name: 'An object of a picture',
    text: (origin, key) =>
      posted(origin, key, '/v1/3d/generate', '{"model": "hunyuan3d-v2-base", "image": "https://example.com/chair.png"}'),
  },
];

/** A call that another model may answer, with a name for the end user. */
export const IN_TURN = (origin: string, key: string): string =>
  posted(
    origin,
    key,
    '/v1/chat/completions',
    '{"model": "gpt-5.5", "models": ["deepseek-v3.2", "glm-5"],\n       "messages": [{"role": "user", "content": "Hello!"}]}',
  ).replace(' \\\n', ` \\\n  -H "Idempotency-Key: order-4711" \\\n`);

export const OWN_SDK = (origin: string): string => `import { Hypereal } from 'hypereal-sdk';

const client = new Hypereal({ apiKey: process.env.HYPEREAL_API_KEY, baseURL: '${origin}/v1' });

for await (const event of client.chat.stream({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hello' }] })) {
  if (event.type === 'text') process.stdout.write(event.text);
  if (event.type === 'end') console.log(event.usage, event.creditsUsed);
}

const begun = await client.videos.generate({ model: 'wan2.6', prompt: 'Waves at dusk' });
const film = await client.jobs.wait(begun, { onProgress: (job) => console.log(job.state) });
console.log(film.outputUrl);`;

export const WEBHOOK = `import { Webhook } from 'standardwebhooks';

export async function receive(request: Request): Promise<Response> {
  const body = await request.text();
  const { status, outputUrl } = new Webhook(process.env.WEBHOOK_SECRET!).verify(body, Object.fromEntries(request.headers));
  console.log(status, outputUrl);
  return new Response(null, { status: 204 });
}`;
