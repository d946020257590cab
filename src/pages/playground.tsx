/** Trying a model in the browser: what comes back, what it cost, and the code that does the same. */
import type { FC } from 'hono/jsx';
import { createApiKey } from '../console/api-keys/create';
import type { VerbContext } from '../console/context';
import type { Family } from '../core/family';
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import { renderError } from '../http/render-error';
import type { Model } from '../providers/types';
import type { AccountRoute } from '../routes/account/route';
import { priceText } from './price';
import { Code, page, viewerOf } from './shell';

const PATH = '/playground';
const HOUR_MS = 3_600_000;

const MODES = {
  chat: {
    label: 'Chat',
    families: ['chat', 'messages', 'responses', 'gemini'],
    prompt: 'Explain in two sentences why the sky is blue.',
    preferred: 'gpt-5.5',
  },
  image: { label: 'Image', families: ['image'], prompt: 'A lighthouse in the fog, risograph print', preferred: 'gpt-image-2' },
  video: { label: 'Video', families: ['video'], prompt: 'Waves at dusk, seen from a cliff', preferred: 'wan2.6' },
} as const satisfies Record<string, { label: string; families: readonly Family[]; prompt: string; preferred: string }>;

type Mode = keyof typeof MODES;

interface Example {
  label: string;
  /** Which models it is for, where not for all of its mode. */
  variant?: 'plain' | 'messages';
  text: string;
}

const curl = (origin: string, path: string, body: string): string =>
  `curl ${origin}${path} \\\n  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\\n  -d '${body}'`;

const client = (origin: string): string =>
  `import OpenAI from 'openai';\n\nconst client = new OpenAI({ apiKey: process.env.KEY, baseURL: '${origin}/v1' });\n`;

const MESSAGE = '[{"role": "user", "content": "{{prompt}}"}]';

/** `"{{prompt}}"` and the like are filled in by the page's script, as they are here for who has none. */
function examples(origin: string, mode: Mode): Example[] {
  if (mode === 'image')
    return [
      { label: 'curl', text: curl(origin, '/v1/images/generate', '{"model": "{{model}}", "prompt": "{{prompt}}"}') },
      {
        label: 'TypeScript',
        text: `${client(origin)}const image = await client.images.generate({ model: '{{model}}', prompt: "{{prompt}}" });\nconsole.log(image.data[0].url);`,
      },
    ];
  if (mode === 'video')
    return [
      {
        label: 'curl',
        text: `${curl(origin, '/v1/videos/generate', '{"model": "{{model}}", "prompt": "{{prompt}}", "duration": {{seconds}}}')}\n\ncurl ${origin}/v1/jobs/JOB_ID -H "Authorization: Bearer $KEY"`,
      },
      {
        label: 'TypeScript',
        text: `const response = await fetch('${origin}/v1/videos/generate', {
  method: 'POST',
  headers: { authorization: \`Bearer \${process.env.KEY}\`, 'content-type': 'application/json', prefer: 'wait=300' },
  body: JSON.stringify({ model: '{{model}}', prompt: "{{prompt}}", duration: {{seconds}} }),
});
console.log((await response.json()).outputUrl);`,
      },
    ];
  return [
    {
      label: 'curl',
      variant: 'plain',
      text: curl(origin, '/v1/chat/completions', `{"model": "{{model}}", "stream": true, "messages": ${MESSAGE}}`),
    },
    {
      label: 'TypeScript',
      variant: 'plain',
      text: `${client(origin)}const stream = await client.chat.completions.create({\n  model: '{{model}}',\n  stream: true,\n  messages: ${MESSAGE},\n});\nfor await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? '');`,
    },
    {
      label: 'curl',
      variant: 'messages',
      text: curl(origin, '/v1/messages', `{"model": "{{model}}", "max_tokens": 1024, "stream": true, "messages": ${MESSAGE}}`),
    },
    {
      label: 'TypeScript',
      variant: 'messages',
      text: `import Anthropic from '@anthropic-ai/sdk';\n\nconst client = new Anthropic({ apiKey: process.env.KEY, baseURL: '${origin}' });\nconst stream = client.messages.stream({\n  model: '{{model}}',\n  max_tokens: 1024,\n  messages: ${MESSAGE},\n});\nfor await (const text of stream.textStream) process.stdout.write(text);`,
    },
  ];
}

const filled = (text: string, model: string, prompt: string): string =>
  text.replaceAll('{{model}}', model).replaceAll('"{{prompt}}"', JSON.stringify(prompt)).replaceAll('{{seconds}}', '5');

const ModelChoice: FC<{ models: Model[]; chosen: string }> = ({ models, chosen }) => (
  <label>
    Model
    <select name="model">
      {models.map(({ id, label, family, price }) => (
        <option value={id} selected={id === chosen} data-family={family}>
          {`${label}: ${priceText(price)}`}
        </option>
      ))}
    </select>
  </label>
);

const Form: FC<{ mode: Mode; models: Model[]; chosen: string; keyPath: string | undefined }> = ({ mode, models, chosen, keyPath }) => (
  <form class="panel" method="post" action={PATH} data-playground data-mode={mode} {...(keyPath && { 'data-key-path': keyPath })}>
    <ModelChoice models={models} chosen={chosen} />
    <label>
      Prompt
      <textarea name="prompt" required>
        {MODES[mode].prompt}
      </textarea>
    </label>
    {mode === 'video' && (
      <label>
        Seconds
        <input name="seconds" type="number" min="1" max="60" value="5" required />
      </label>
    )}
    <label>
      API key
      <input name="key" type="password" autocomplete="off" spellcheck={false} placeholder="ck_..." aria-describedby="key-note" />
    </label>
    <p class="small quiet" id="key-note">
      {keyPath
        ? 'Leave it empty to call as yourself: a key for one hour is made, which this page alone knows. Calls are charged to your wallet.'
        : 'A test key (ck_test_...) calls the sandbox, free of charge. The key stays on this page.'}
    </p>
    <div class="row">
      <button type="submit" data-run>
        Run
      </button>
      <button type="button" class="plain" data-stop hidden>
        Stop
      </button>
    </div>
    <noscript>
      <p class="notice">Running needs JavaScript; the examples work without.</p>
    </noscript>
  </form>
);

const Result: FC = () => (
  <section class="panel result" aria-labelledby="result">
    <h2 id="result">Answer</h2>
    <progress id="run-progress" aria-label="Under way" hidden />
    <div id="output" />
    <footer>
      <span id="run-status" role="status" />
      <span id="run-cost" role="status" />
    </footer>
  </section>
);

async function playground(c: AppContext): Promise<Response> {
  const asked = c.req.query('mode') ?? 'chat';
  const mode: Mode = Object.hasOwn(MODES, asked) ? (asked as Mode) : 'chat';
  const { families, preferred, prompt } = MODES[mode];
  const listed = c
    .get('gateway')
    .registry.models.all.filter(({ family, price }) => price && (families as readonly Family[]).includes(family));
  const wanted = c.req.query('model') ?? preferred;
  const chosen = (listed.find(({ id }) => id === wanted) ?? listed[0])?.id ?? '';
  const context = await viewerOf(c);
  const org = c.req.query('org');
  const keyPath = context && `${PATH}/key${org ? `?org=${encodeURIComponent(org)}` : ''}`;
  return page(
    c,
    { title: 'Playground', context, script: 'playground' },
    <>
      <h1>Playground</h1>
      <nav class="tabs" aria-label="What to make">
        {Object.entries(MODES).map(([name, { label }]) => (
          <a href={`${PATH}?mode=${name}`} {...(name === mode && { 'aria-current': 'page' })}>
            {label}
          </a>
        ))}
      </nav>
      <div class="bench">
        <Form mode={mode} models={listed} chosen={chosen} keyPath={keyPath} />
        <Result />
      </div>
      <section class="stack" aria-labelledby="same">
        <h2 id="same">The same in code</h2>
        {examples(accountPlaneDeps(c).origin, mode).map(({ label, variant, text }) => (
          <div class="stack" {...(variant && { 'data-variant': variant })} hidden={variant === 'messages'}>
            <h3>{label}</h3>
            <Code label={`The same with ${label}`} template={text}>
              {filled(text, chosen, prompt)}
            </Code>
          </div>
        ))}
      </section>
    </>,
  );
}

/** A session is no key: calls are made with one that is made for the hour, so that they count, and show, as any other. */
async function sessionKey(c: AppContext, context: VerbContext): Promise<Response> {
  const expiresAt = new Date(context.now() + HOUR_MS).toISOString();
  const made = await createApiKey(context, { name: 'Playground', expiresAt });
  return made.ok ? c.json({ key: made.value.key, expiresAt }, 201) : renderError(c, made.error);
}

export const playgroundPages: AccountRoute[] = [
  { method: 'GET', path: PATH, permission: 'public', handle: playground },
  { method: 'POST', path: `${PATH}/key`, permission: 'keys.write', handle: sessionKey },
];
