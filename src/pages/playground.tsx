/** Try a model in the browser: its answer, what it cost, and the code that does the same. */
import type { FC } from 'hono/jsx';
import { type PlaygroundKey, playgroundKey } from '../console/api-keys/playground';
import type { VerbContext } from '../console/context';
import { organizationNamed, organizationsOf } from '../console/me/show';
import { permits } from '../console/permissions';
import { availableMicro, toCredits } from '../core/money';
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import { renderError } from '../http/render-error';
import type { Model } from '../providers/types';
import type { AccountRoute } from '../routes/account/route';
import { EXAMPLE_TOKENS, examples, filled, type Variant, variantOf } from './examples';
import { modelsAtOwnPrices, OfWhom } from './own-prices';
import { Code, dollars } from './parts';
import { type BroughtFile, isPlayable, MODES, type Mode } from './playground-modes';
import { priceText } from './price';
import { sealed, unsealed } from './sealed-cookie';
import { page, viewerOf } from './shell';

const PATH = '/playground';
const KEY_PATH = `${PATH}/key`;

/** Grouped by maker, so that a long list can be searched. */
function byVendor(models: Model[]): [vendor: string, models: Model[]][] {
  const groups = new Map<string, Model[]>();
  for (const model of models) groups.set(model.vendor, [...(groups.get(model.vendor) ?? []), model]);
  return [...groups];
}

/** Some models share a name and differ in what they take; those are shown with their id. */
const nameOf = ({ id, label }: Model, models: Model[]): string =>
  models.filter((other) => other.label === label).length > 1 ? `${label} (${id})` : label;

const ModelChoice: FC<{ models: Model[]; chosen: string }> = ({ models, chosen }) => (
  <label>
    Model
    <select name="model">
      {byVendor(models).map(([vendor, own]) => (
        <optgroup label={vendor}>
          {own.map((model) => (
            <option value={model.id} selected={model.id === chosen} data-needs={variantOf(model)}>
              {`${nameOf(model, models)}: ${priceText(model.price)}`}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
    {models.some(({ price }) => price?.per === 'token') && <small>Prices are for a million tokens</small>}
  </label>
);

interface Payer {
  /** Where to make a key that is charged to this wallet. */
  keyPath: string;
  label: string;
  chosen: boolean;
}

/** A wallet, with its remaining credits if the person may know them. */
async function payer(context: VerbContext, accountId: string, name: string, org: string | undefined, chosen: boolean, seen: boolean) {
  // The form works without it.
  const view = seen
    ? await context
        .account(accountId)
        .view()
        .catch(() => undefined)
    : undefined;
  const left = view ? ` (${dollars(toCredits(availableMicro(view)))} left)` : '';
  return { keyPath: `${KEY_PATH}${org === undefined ? '' : `?org=${org}`}`, label: name + left, chosen };
}

/** The wallets that the person may call from. An unknown wallet in the query is not silently replaced by another. */
async function payersOf(context: VerbContext, asked: string | undefined): Promise<Payer[]> {
  const organizations = await organizationsOf(context.db, context.actor.id);
  const theirs = organizationNamed(organizations, asked);
  const may = organizations.filter(({ role }) => permits(role, 'keys.write'));
  const known = await Promise.all([
    payer(context, context.accountId, 'Personal', undefined, theirs === undefined, true),
    ...may.map(({ accountId, name, id, role }) => payer(context, accountId, name, id, id === theirs?.id, permits(role, 'billing.read'))),
  ]);
  if (!theirs || may.includes(theirs)) return known;
  return [{ keyPath: '', label: `${theirs.name}: as ${theirs.role} you make no calls`, chosen: true }, ...known];
}

const Payers: FC<{ of: Payer[] }> = ({ of: payers }) => (
  <label>
    Charged to
    <select name="payer" aria-describedby="payer-note">
      {payers.map(({ keyPath, label, chosen }) => (
        <option value={keyPath} selected={chosen}>
          {label}
        </option>
      ))}
    </select>
    <small id="payer-note">By a key for one hour, which ends when you sign out</small>
  </label>
);

interface FormProps {
  mode: Mode;
  models: Model[];
  chosen: string;
  variant: Variant;
  payers: Payer[] | undefined;
}

const KeyField: FC = () => (
  <div class="tight">
    <label>
      API key
      <input name="key" type="password" autocomplete="off" spellcheck={false} placeholder="ck_..." aria-describedby="key-note" />
    </label>
    <p class="tiny quiet" id="key-note">
      A test key (ck_test_...) calls the sandbox, free of charge. The key stays on this page.
    </p>
  </div>
);

/** For some variants only; without a script only the first can be chosen. */
const onlyFor = (variants: readonly Variant[] | undefined, variant: Variant) =>
  variants && { 'data-variant': variants.join(' '), hidden: !variants.includes(variant) };

const FileField: FC<BroughtFile & { variant: Variant }> = ({ label, name, kinds, variants, neededBy = [], isSeveral, variant }) => (
  <label {...onlyFor(variants, variant)}>
    {label}
    <input
      type="file"
      name={name}
      accept={`${kinds}/*`}
      multiple={isSeveral}
      required={neededBy.includes(variant)}
      data-needed-by={neededBy.join(' ')}
    />
  </label>
);

/** The model, and the wallet that pays. */
const Terms: FC<FormProps> = ({ mode, models, chosen, variant, payers }) => (
  <div class="panel stack">
    <noscript>
      <p class="notice">Running needs JavaScript; the examples work without.</p>
    </noscript>
    <ModelChoice models={models} chosen={chosen} />
    {mode === 'video' && (
      <label>
        Seconds
        <input name="seconds" type="number" min="1" max="60" value="5" required />
      </label>
    )}
    {mode === 'chat' && (
      <label {...onlyFor(['messages'], variant)}>
        At most, in tokens
        <input name="tokens" type="number" min="1" max="200000" value={EXAMPLE_TOKENS} required />
      </label>
    )}
    {MODES[mode].files?.map((file) => (
      <FileField {...file} variant={variant} />
    ))}
    {payers ? (
      <>
        <Payers of={payers} />
        <details>
          <summary class="small">Call with an API key instead</summary>
          <KeyField />
        </details>
      </>
    ) : (
      <KeyField />
    )}
  </div>
);

/** Questions and answers in order, with the next prompt below. */
const Turns: FC<{ mode: Mode; variant: Variant }> = ({ mode, variant }) => (
  <section class="panel result" aria-labelledby="result">
    <div class="head">
      <h2 id="result">{MODES[mode].title}</h2>
      <button type="button" class="link quiet" data-clear hidden>
        {mode === 'chat' ? 'New conversation' : 'Clear'}
      </button>
    </div>
    <figure class="turns" tabindex={0} aria-label={MODES[mode].title}>
      <ol id="output" data-empty={MODES[mode].empty} />
    </figure>
    <progress id="run-progress" aria-label="Under way" hidden />
    <label {...onlyFor(MODES[mode].promptFor, variant)}>
      Prompt
      <textarea name="prompt" required={!MODES[mode].isPromptFree} aria-describedby="prompt-note">
        {MODES[mode].prompt}
      </textarea>
      <small id="prompt-note" class="wide-only">
        Ctrl or ⌘ with Enter runs it
      </small>
    </label>
    <div class="row">
      <button type="submit" data-run hidden>
        Run
      </button>
      <button type="button" class="plain" data-stop hidden>
        Stop
      </button>
      <span id="run-status" role="status" />
      <span class="small quiet" id="run-cost" role="status" />
    </div>
  </section>
);

async function playground(c: AppContext): Promise<Response> {
  const asked = c.req.query('mode') ?? 'chat';
  const mode: Mode = isPlayable(asked) ? asked : 'chat';
  const { families, preferred, prompt } = MODES[mode];
  const context = await viewerOf(c);
  const { models, own } = await modelsAtOwnPrices(c, context);
  const listed = models.filter(({ family, price }) => price && families.includes(family));
  const wanted = c.req.query('model') ?? preferred;
  const first = listed.find(({ id }) => id === wanted) ?? listed[0];
  const chosen = first?.id ?? '';
  const variant = first ? variantOf(first) : 'plain';
  const org = c.req.query('org');
  const payers = context && (await payersOf(context, org));
  return page(
    c,
    { title: `Playground: ${MODES[mode].label.toLowerCase()}`, context, script: 'playground' },
    <>
      <div class="stack">
        <h1>Playground</h1>
        <p class="lead">Try a model, see what it costs, take the code.</p>
        <OfWhom own={own} />
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
      <form class="bench" method="post" action={PATH} data-playground data-mode={mode} data-person={context?.accountId ?? 'nobody'}>
        <Terms mode={mode} models={listed} chosen={chosen} variant={variant} payers={payers} />
        <Turns mode={mode} variant={variant} />
      </form>
      <section class="stack" aria-labelledby="same">
        <h2 id="same">The same in code</h2>
        {examples(accountPlaneDeps(c).origin, mode).map(({ label, variants, text }) => (
          <div {...onlyFor(variants, variant)}>
            <Code label={label} template={text}>
              {filled(text, chosen, prompt)}
            </Code>
          </div>
        ))}
      </section>
    </>,
  );
}

/**
 * A session is not a key. Calls are made with a key that lasts an hour, so that they count and show like any other. The
 * browser keeps it in a cookie that scripts cannot read; a page that was refused with it asks for a new one.
 */
async function sessionKey(c: AppContext, context: VerbContext): Promise<Response> {
  const { accountId, now } = context;
  const cookie = { name: `gateway.${accountId}`, path: KEY_PATH, purpose: 'playground keys', sameSite: 'Strict' } as const;
  const kept = c.req.query('fresh') === undefined ? await unsealed<PlaygroundKey>(c, context, cookie) : undefined;
  const made = await playgroundKey(context, kept);
  if (!made.ok) return renderError(c, made.error);
  const { key, expiresAt } = made.value;
  const seconds = Math.floor((Date.parse(expiresAt) - now()) / 1_000);
  if (made.value !== kept) c.header('set-cookie', await sealed(context, cookie, made.value, seconds));
  return c.json({ key, expiresAt }, 201);
}

export const playgroundPages: AccountRoute[] = [
  { method: 'GET', path: PATH, permission: 'public', handle: playground },
  { method: 'POST', path: KEY_PATH, permission: 'keys.write', answers: 'json', handle: sessionKey },
];
