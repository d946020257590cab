/** Keys: made, limited, rotated and revoked, with nothing but forms. */
import type { FC } from 'hono/jsx';
import { z } from 'zod';
import { createApiKey } from '../console/api-keys/create';
import { createKeyInput, type KeyView } from '../console/api-keys/internal';
import { listApiKeys } from '../console/api-keys/list';
import { revokeApiKey } from '../console/api-keys/revoke';
import { rotateApiKey } from '../console/api-keys/rotate';
import { updateApiKey, updateKeyInput } from '../console/api-keys/update';
import type { VerbContext } from '../console/context';
import { KEY_SCOPES, type Permission } from '../console/permissions';
import type { GatewayError, Result } from '../core/errors';
import { FAMILIES } from '../core/family';
import type { AppContext } from '../http/context';
import { parseInput } from '../http/input';
import type { AccountRoute } from '../routes/account/route';
import { credits, fields, Notice, orgQuery, page, refusalPage, Time } from './shell';

const PATH = '/manage-api-keys';

const words = (text: string | undefined): string[] => (text ?? '').split(/[\s,]+/).filter((word) => word !== '');

/** What the form's texts stand for; what is left empty is not said. */
function inputOf(form: Record<string, string>, families: string[], scopes: string[]) {
  const { name, mode, spendingLimit, autoDisable, origins, ips, models, expiresAt } = form;
  return {
    name,
    mode,
    ...(spendingLimit && { spendingLimit: Number(spendingLimit) }),
    autoDisable: autoDisable === 'on',
    origins: words(origins),
    ips: words(ips),
    models: words(models),
    families,
    scopes,
    ...(expiresAt && { expiresAt: `${expiresAt}T00:00:00Z` }),
  };
}

const Secret: FC<{ name: string; secret: string }> = ({ name, secret }) => (
  <section class="notice stack" aria-labelledby="secret">
    <h2 id="secret">The secret of “{name}”</h2>
    <p>Copy it now: it is shown this once and kept nowhere.</p>
    <pre>
      <code>{secret}</code>
    </pre>
  </section>
);

const CreateForm: FC<{ context: VerbContext }> = ({ context }) => (
  <form class="panel" method="post" action={`${PATH}${orgQuery(context)}`}>
    <h2>A new key</h2>
    <div class="columns">
      <label>
        Name
        <input name="name" required maxlength={200} placeholder="production" />
      </label>
      <label>
        Kind
        <select name="mode">
          <option value="live">Live</option>
          <option value="test">Test: the sandbox answers, free of charge</option>
        </select>
      </label>
      <label>
        Limit, in credits a month
        <input name="spendingLimit" type="number" min="0" step="any" inputmode="decimal" placeholder="no limit" />
      </label>
    </div>
    <label class="check">
      <input type="checkbox" name="autoDisable" /> Disable the key when it reaches its limit
    </label>
    <details>
      <summary>Where, until when, and what for</summary>
      <div class="columns">
        <label>
          Origins, separated by spaces
          <input name="origins" placeholder="https://app.example.com" />
        </label>
        <label>
          IP addresses or ranges
          <input name="ips" placeholder="203.0.113.0/24" />
        </label>
        <label>
          Expires on (UTC)
          <input name="expiresAt" type="date" />
        </label>
        <label>
          Models, by id
          <input name="models" placeholder="all" />
        </label>
        <label>
          Families
          <select name="families" multiple size={4}>
            {FAMILIES.map((family) => (
              <option>{family}</option>
            ))}
          </select>
        </label>
        <label>
          What it may read or manage here
          <select name="scopes" multiple size={4}>
            {KEY_SCOPES.filter((scope) => context.permissions.has(scope as Permission)).map((scope) => (
              <option>{scope}</option>
            ))}
          </select>
        </label>
      </div>
    </details>
    <div class="row">
      <button type="submit">Create the key</button>
    </div>
  </form>
);

const Status: FC<{ of: KeyView }> = ({ of: { status, mode } }) => (
  <span class="row">
    <span class={`tag ${status === 'active' ? 'good' : 'bad'}`}>{status}</span>
    {mode === 'test' && <span class="tag">test</span>}
  </span>
);

const limits = (key: KeyView): string =>
  [
    ...key.origins,
    ...key.ips,
    ...key.models,
    ...key.families,
    ...key.scopes,
    ...(key.expiresAt ? [`until ${key.expiresAt.slice(0, 10)}`] : []),
  ].join(', ');

/** What a mail about a limit asks for: to raise it, or to take it away. */
const Limit: FC<{ of: KeyView; action: string }> = ({ of: { name, spendingLimit }, action }) => (
  <details>
    <summary aria-label={`Change the limit of ${name}`}>Limit</summary>
    <form class="inline" method="post" action={action}>
      <input
        name="spendingLimit"
        type="number"
        min="0"
        step="any"
        inputmode="decimal"
        value={spendingLimit ?? ''}
        aria-label={`Limit of ${name} in credits a month; none when it is empty`}
      />
      <button type="submit" class="link">
        Set it
      </button>
    </form>
  </details>
);

const Actions: FC<{ of: KeyView; context: VerbContext }> = ({ of: key, context }) => {
  const { id, status, name } = key;
  if (status === 'revoked') return null;
  const action = (verb: string) => `${PATH}/${id}/${verb}${orgQuery(context)}`;
  return (
    <span class="row">
      {status === 'disabled' && (
        <form class="inline" method="post" action={action('enable')}>
          <button type="submit" class="link" aria-label={`Enable ${name}`}>
            Enable
          </button>
        </form>
      )}
      <Limit of={key} action={action('limit')} />
      <form class="inline" method="post" action={action('rotate')}>
        <button type="submit" class="link" aria-label={`Rotate ${name}: the old secret stays good for a day`}>
          Rotate
        </button>
      </form>
      <form class="inline" method="post" action={action('revoke')}>
        <button type="submit" class="link danger" aria-label={`Revoke ${name}`}>
          Revoke
        </button>
      </form>
    </span>
  );
};

const Keys: FC<{ keys: KeyView[]; context: VerbContext }> = ({ keys, context }) =>
  keys.length === 0 ? (
    <p class="quiet">There is no key yet.</p>
  ) : (
    <section class="scroll" tabindex={0} aria-label="API keys">
      <table>
        <thead>
          <tr>
            {['Name', 'Status', 'This month', 'Limited to', 'Made', ''].map((heading) => (
              <th scope="col">{heading === '' ? <span class="skip">Actions</span> : heading}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr>
              <td>
                {key.name}
                <br />
                <span class="mono quiet">{key.id}</span>
              </td>
              <td>
                <Status of={key} />
              </td>
              <td class="number">
                {credits(key.spentThisMonth)}
                {key.spendingLimit !== null && <span class="quiet"> of {credits(key.spendingLimit)}</span>}
              </td>
              <td>{limits(key) || <span class="quiet">nothing</span>}</td>
              <td>
                <Time at={key.createdAt} />
              </td>
              <td>{context.permissions.has('keys.write') && <Actions of={key} context={context} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );

interface Shown {
  error?: GatewayError;
  secret?: { name: string; key: string };
}

async function keysPage(c: AppContext, context: VerbContext, { error, secret }: Shown = {}): Promise<Response> {
  const { keys } = await listApiKeys(context);
  return page(
    c,
    { title: 'API keys', context, ...(error && { status: 400 }) },
    <>
      <div class="head">
        <h1>API keys</h1>
        <p class="quiet">{context.organization ? `of ${context.organization.name}` : 'of your own wallet'}</p>
      </div>
      <Notice error={error} />
      {secret && <Secret name={secret.name} secret={secret.key} />}
      <Keys keys={keys} context={context} />
      {context.permissions.has('keys.write') && <CreateForm context={context} />}
    </>,
  );
}

const formInput = createKeyInput.omit({ userId: true });

async function create(c: AppContext, context: VerbContext): Promise<Response> {
  const form = await c.req.parseBody({ all: true });
  const texts = Object.fromEntries(
    Object.entries(form).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value.trim()]] : [])),
  );
  const many = (name: string): string[] => [form[name] ?? []].flat().filter((value): value is string => typeof value === 'string');
  const input = parseInput(formInput, inputOf(texts, many('families'), many('scopes')));
  const made = input.ok ? await createApiKey(context, input.value) : input;
  return keysPage(c, context, made.ok ? { secret: made.value } : { error: made.error });
}

/** A verb on one key, then the list again: a form that is sent twice does nothing new. */
const onKey =
  (verb: (context: VerbContext, id: string, form: Record<string, string>) => Promise<Result<KeyView & { key?: string }>>) =>
  async (c: AppContext, context: VerbContext): Promise<Response> => {
    const done = await verb(context, c.req.param('id') ?? '', await fields(c));
    if (!done.ok) return refusalPage(c, done.error);
    if (done.value.key !== undefined) return keysPage(c, context, { secret: { name: done.value.name, key: done.value.key } });
    return c.redirect(`${PATH}${orgQuery(context)}`, 303);
  };

async function setLimit(context: VerbContext, id: string, { spendingLimit }: Record<string, string>): Promise<Result<KeyView>> {
  const input = parseInput(updateKeyInput, { spendingLimit: spendingLimit ? Number(spendingLimit) : null });
  return input.ok ? updateApiKey(context, id, input.value) : input;
}

const grace = z.coerce.number().int().min(0).max(2_592_000).catch(86_400);

export const keyPages: AccountRoute[] = [
  { method: 'GET', path: PATH, permission: 'keys.read', handle: (c, context) => keysPage(c, context) },
  { method: 'POST', path: PATH, permission: 'keys.write', handle: create },
  {
    method: 'POST',
    path: `${PATH}/:id/rotate`,
    permission: 'keys.write',
    handle: onKey((context, id, form) => rotateApiKey(context, id, { graceSeconds: grace.parse(form.graceSeconds || undefined) })),
  },
  { method: 'POST', path: `${PATH}/:id/revoke`, permission: 'keys.write', handle: onKey(revokeApiKey) },
  { method: 'POST', path: `${PATH}/:id/limit`, permission: 'keys.write', handle: onKey(setLimit) },
  {
    method: 'POST',
    path: `${PATH}/:id/enable`,
    permission: 'keys.write',
    handle: onKey((context, id) => updateApiKey(context, id, { status: 'active' })),
  },
];
