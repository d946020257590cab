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
import { examples, filled } from './examples';
import { Code } from './parts';
import { priceText } from './price';
import { page, viewerOf } from './shell';

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

/** Long lists are found through by maker. */
function byVendor(models: Model[]): [vendor: string, models: Model[]][] {
  const groups = new Map<string, Model[]>();
  for (const model of models) groups.set(model.vendor, [...(groups.get(model.vendor) ?? []), model]);
  return [...groups];
}

const ModelChoice: FC<{ models: Model[]; chosen: string }> = ({ models, chosen }) => (
  <label>
    Model
    <select name="model">
      {byVendor(models).map(([vendor, own]) => (
        <optgroup label={vendor}>
          {own.map(({ id, label, family, price }) => (
            <option value={id} selected={id === chosen} data-family={family}>
              {`${label}: ${priceText(price)}`}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
    {models.some(({ price }) => price?.per === 'token') && <small>Prices are for a million tokens</small>}
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

const EMPTY: Record<Mode, string> = {
  chat: 'The answer is shown here, word by word, with what it cost.',
  image: 'The picture is shown here, with what it cost.',
  video: 'The film is shown here when it is made. That takes up to some minutes.',
};

const Result: FC<{ mode: Mode }> = ({ mode }) => (
  <section class="panel result" aria-labelledby="result">
    <h2 id="result">Answer</h2>
    <progress id="run-progress" aria-label="Under way" hidden />
    <div id="output" data-empty={EMPTY[mode]} />
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
  const shownVariant = listed.find(({ id }) => id === chosen)?.family === 'messages' ? 'messages' : 'plain';
  const context = await viewerOf(c);
  const org = c.req.query('org');
  const keyPath = context && `${PATH}/key${org ? `?org=${encodeURIComponent(org)}` : ''}`;
  return page(
    c,
    { title: `Playground: ${MODES[mode].label.toLowerCase()}`, context, script: 'playground' },
    <>
      <div class="stack">
        <h1>Playground</h1>
        <p class="lead">Try a model, see what it costs, take the code.</p>
      </div>
      <nav class="tabs" aria-label="What to make">
        {Object.entries(MODES).map(([name, { label }]) => (
          <a
            href={`${PATH}?mode=${name}${org ? `&org=${encodeURIComponent(org)}` : ''}`}
            {...(name === mode && { 'aria-current': 'page' })}
          >
            {label}
          </a>
        ))}
      </nav>
      <div class="bench">
        <Form mode={mode} models={listed} chosen={chosen} keyPath={keyPath} />
        <Result mode={mode} />
      </div>
      <section class="stack" aria-labelledby="same">
        <h2 id="same">The same in code</h2>
        {examples(accountPlaneDeps(c).origin, mode).map(({ label, variant, text }) => (
          <div {...(variant && { 'data-variant': variant })} hidden={variant !== undefined && variant !== shownVariant}>
            <Code label={label} template={text}>
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
