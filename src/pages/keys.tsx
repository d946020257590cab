/** Keys: made, limited, rotated and revoked, with nothing but forms. */
import type { FC } from 'hono/jsx';
import type { KeyView } from '../console/api-keys/internal';
import { listApiKeys } from '../console/api-keys/list';
import { revokeApiKey } from '../console/api-keys/revoke';
import { rotateApiKey } from '../console/api-keys/rotate';
import { updateApiKey, updateKeyInput } from '../console/api-keys/update';
import type { VerbContext } from '../console/context';
import { listMembers } from '../console/organizations/members';
import { tokenBeginning } from '../core/api-key';
import type { Result } from '../core/errors';
import { THIS_PERIOD } from '../core/limit-period';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { inLabels, marked, readForm } from './form';
import { within } from './frame';
import { CreateForm, createFrom, LABELS, LIMIT_FIELD, Renewal, SecretShown, type Sent, UNSENT } from './key-form';
import { Code, credits, Day, Empty, Name, Notice, plural } from './parts';
import { fields, orgQuery, page, refusalPage } from './shell';
import { shown, shownTo, thenShown } from './shown-once';
import { isEmptyWallet, TopUpFirst } from './top-up-first';

const PATH = '/manage-api-keys';
/** With no more keys than this, the form for a new one stays open. */
const FEW = 5;

/** A key as it is just once, with its secret. */
type Made = Pick<KeyView, 'name' | 'mode'> & { key: string };

interface SecretProps {
  of: Made;
  context: VerbContext;
  needsCredits: boolean;
}

/** The secret, and a call with it that works when pasted. */
const Secret: FC<SecretProps> = ({ of: { name, key: secret }, context, needsCredits }) => (
  <div class="panel stack">
    <SecretShown name={name} secret={secret} />
    <section class="stack" aria-labelledby="try">
      <h3 id="try">Try it</h3>
      {needsCredits && <TopUpFirst context={context} />}
      <Code label="A first call with curl">{`curl ${context.origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "gpt-5.5", "messages": [{"role": "user", "content": "Say hi in one word."}]}'`}</Code>
      <p class="small">
        <a href={within('/docs', context.organization?.id)}>Set up Claude Code, Codex, Cursor or an SDK with it</a>
      </p>
    </section>
  </div>
);

/** A key's status, or that it has expired. */
const standing = ({ status, expiresAt }: KeyView, nowMs: number): string =>
  status === 'active' && expiresAt !== null && Date.parse(expiresAt) <= nowMs ? 'expired' : status;

const TAGS: Record<string, string> = { active: 'tag good', expired: 'tag' };

const Status: FC<{ of: KeyView; nowMs: number }> = ({ of: key, nowMs }) => {
  const shownAs = standing(key, nowMs);
  return (
    <span class="row">
      <span class={TAGS[shownAs] ?? 'tag bad'}>{shownAs}</span>
      {key.mode === 'test' && <span class="tag">test</span>}
      {key.purpose && <span class="tag">made by the {key.purpose}</span>}
    </span>
  );
};

const minuteOf = (at: string): string => at.slice(0, 16).replace('T', ' ');

const graceOf = ({ graceUntil }: KeyView, nowMs: number): string | undefined =>
  graceUntil && Date.parse(graceUntil) > nowMs ? graceUntil : undefined;

function limitsOf(key: KeyView, nowMs: number): [string, string][] {
  const grace = graceOf(key, nowMs);
  const limits: [string, string][] = [
    ['From', [...key.origins, ...key.ips].join(', ')],
    ['For', [...key.families, ...key.models].join(', ')],
    ['May', key.scopes.join(', ')],
    ['Until', key.expiresAt ? `${minuteOf(key.expiresAt)} UTC` : ''],
    ['Old secret', grace ? `until ${minuteOf(grace)} UTC` : ''],
  ];
  return limits.filter(([, value]) => value !== '');
}

/** What a mail about a limit asks for: to raise the limit or remove it. */
const Limit: FC<{ of: KeyView; action: string; sent: Sent | undefined }> = ({ of: { name, spendingLimit, limitPeriod }, action, sent }) => (
  <details class="small" open={sent?.texts.spendingLimit !== undefined}>
    <summary aria-label={`Change the limit of ${name}`}>Limit</summary>
    <form class="row ends" method="post" action={action}>
      <label>
        <span>
          Limit<span class="unseen"> of {name}</span>, in credits
        </span>
        <input {...LIMIT_FIELD} value={sent?.texts.spendingLimit ?? spendingLimit ?? ''} {...marked(sent?.error, 'spendingLimit')} />
      </label>
      <Renewal chosen={sent?.texts.limitPeriod ?? limitPeriod}>
        <span>
          Begins anew<span class="unseen">, the limit of {name}</span>
        </span>
      </Renewal>
      <button type="submit" class="plain">
        Set it
      </button>
    </form>
  </details>
);

/**
 * Ending an earlier secret's grace must be chosen explicitly, so that a page from before it, or a form sent twice, does
 * not end one by accident.
 */
const Rotate: FC<{ of: KeyView; action: string; nowMs: number }> = ({ of: key, action, nowMs }) => {
  const { name } = key;
  const grace = graceOf(key, nowMs);
  const what = grace
    ? `The secret before is still good until ${minuteOf(grace)} UTC, and ends at once by this. The present one stays good for a day.`
    : 'The old one stays good for a day.';
  return (
    <form class="inline" method="post" action={action} data-ask={`A new secret for “${name}”? ${what}`}>
      {grace && <input type="hidden" name="endGrace" value="on" />}
      <button
        type="submit"
        class="link"
        aria-label={grace ? `Rotate again: ${name}; the secret before ends` : `Rotate ${name}: the old secret stays good for a day`}
      >
        {grace ? 'Rotate again' : 'Rotate'}
      </button>
    </form>
  );
};

interface KeyProps {
  of: KeyView;
  context: VerbContext;
  /** The name of the member who made it. */
  maker: string | undefined;
  /** The error of a form about this key. */
  sent: Sent | undefined;
}

const Actions: FC<Omit<KeyProps, 'maker'>> = ({ of: key, context, sent }) => {
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
      <Limit of={key} action={action('limit')} sent={sent} />
      <Rotate of={key} action={action('rotate')} nowMs={context.now()} />
      <form
        class="inline"
        method="post"
        action={action('revoke')}
        data-ask={`Revoke “${name}”? Its next call fails, and it does not come back.`}
      >
        <button type="submit" class="link danger" aria-label={`Revoke ${name}`}>
          Revoke
        </button>
      </form>
    </span>
  );
};

/** What a key has spent of its limit, or in its month. */
const Spent: FC<{ of: KeyView }> = ({ of: { spentThisMonth, spentOfLimit, spendingLimit, limitPeriod, autoDisable } }) => (
  <div>
    <p class="small">
      {spendingLimit === null
        ? `${credits(spentThisMonth)} credits this month`
        : `${credits(spentOfLimit)} of ${credits(spendingLimit)} credits ${THIS_PERIOD[limitPeriod]}`}
    </p>
    {spendingLimit !== null && (
      <>
        <svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
          <rect
            class={spentOfLimit >= spendingLimit * 0.8 ? 'fbad' : 'f0'}
            width={Math.min(100, (spentOfLimit / Math.max(spendingLimit, 1e-6)) * 100).toFixed(2)}
            height="4"
          />
        </svg>
        {autoDisable && <p class="tiny quiet">Disabled when it is reached</p>}
      </>
    )}
  </div>
);

const Key: FC<KeyProps> = ({ of: key, context, maker, sent }) => (
  <li class={isOver(key, context.now()) ? 'key off' : 'key'}>
    <div class="tight">
      <p class="row">
        <span class="strong break lines-4" title={key.name}>
          <Name of={key.name} />
        </span>{' '}
        <Status of={key} nowMs={context.now()} />
      </p>
      <p class="tiny quiet">
        <span class="mono cut">{tokenBeginning(key.mode, context.accountId, key.id)}…</span>
        Made <Day at={key.createdAt} />
        {maker !== undefined && (
          <>
            {' '}
            by <bdi>{maker}</bdi>
          </>
        )}
        , id <span class="mono">{key.id}</span>
      </p>
    </div>
    <Spent of={key} />
    <dl class="facts">
      {limitsOf(key, context.now()).map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>
            <Name of={value} />
          </dd>
        </>
      ))}
    </dl>
    {context.permissions.has('keys.write') && <Actions of={key} context={context} sent={sent} />}
  </li>
);

const isOver = (key: KeyView, nowMs: number): boolean => ['revoked', 'expired'].includes(standing(key, nowMs));

const over = (keys: KeyView[]): string => {
  const revoked = keys.filter(({ status }) => status === 'revoked').length;
  const kinds: [number, string][] = [
    [revoked, 'revoked key'],
    [keys.length - revoked, 'expired key'],
  ];
  return kinds.flatMap(([count, name]) => (count > 0 ? plural(count, name) : [])).join(', ');
};

/** Working keys first; revoked and expired ones are history. */
const Keys: FC<{ keys: KeyView[]; makers: ReadonlyMap<string, string>; context: VerbContext; sent: Sent }> = (props) => {
  const { keys, makers, context, sent } = props;
  const one = (key: KeyView) => (
    <Key of={key} context={context} maker={makers.get(key.userId)} sent={sent.keyId === key.id ? sent : undefined} />
  );
  const past = keys.filter((key) => isOver(key, context.now()));
  const working = keys.filter((key) => !past.includes(key));
  return (
    <>
      {working.length === 0 ? (
        <Empty title="No key yet">
          <p>A key calls every model and is charged to this wallet. A test key calls the sandbox, free of charge.</p>
        </Empty>
      ) : (
        <ul class="keys">{working.map(one)}</ul>
      )}
      {past.length > 0 && (
        <details>
          <summary>{over(past)}</summary>
          <ul class="keys">{past.map(one)}</ul>
        </details>
      )}
    </>
  );
};

/** In an organization a key is somebody's: they are asked about it. */
async function makersOf(context: VerbContext): Promise<ReadonlyMap<string, string>> {
  if (!context.organization || !context.permissions.has('members.read')) return new Map();
  return new Map((await listMembers(context)).members.map(({ userId, name }) => [userId, name]));
}

async function keysPage(c: AppContext, context: VerbContext, sent: Sent = UNSENT): Promise<Response> {
  const { error } = sent;
  const makesKeys = context.permissions.has('keys.write');
  const [{ keys }, makers, secret] = await Promise.all([listApiKeys(context), makersOf(context), shownTo<Made>(c, context)]);
  return page(
    c,
    { title: 'API keys', context, ...(error && { status: 400 }), cookie: secret && shown(context, PATH) },
    <>
      <div class="head">
        <div class="tight">
          <h1>API keys</h1>
          {context.organization && <p class="quiet">of {context.organization.name}</p>}
        </div>
        {makesKeys && keys.length > FEW && (
          <a class="button plain" href="#new-key">
            New key
          </a>
        )}
      </div>
      <Notice error={error} />
      {secret && <Secret of={secret} context={context} needsCredits={secret.mode === 'live' && (await isEmptyWallet(context))} />}
      <Keys keys={keys} makers={makers} context={context} sent={sent} />
      {makesKeys && <CreateForm path={PATH} context={context} sent={sent.keyId === undefined ? sent : UNSENT} />}
    </>,
  );
}

const showSecret = (c: AppContext, context: VerbContext, { name, mode, key }: Made): Promise<Response> =>
  thenShown(c, context, PATH, { name, mode, key });

async function create(c: AppContext, context: VerbContext): Promise<Response> {
  const form = await c.req.parseBody({ all: true });
  const texts = Object.fromEntries(
    Object.entries(form).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value.trim()]] : [])),
  );
  const many = (name: string): string[] => [form[name] ?? []].flat().filter((value): value is string => typeof value === 'string');
  const sent = { texts, families: many('families'), scopes: many('scopes') };
  const made = await createFrom(c, context, sent);
  return made.ok ? showSecret(c, context, made.value) : keysPage(c, context, { ...sent, error: inLabels(made.error, LABELS) });
}

/** Runs a verb on one key and returns to the list. Sending the form twice does nothing new. */
const onKey =
  (verb: (context: VerbContext, id: string, form: Record<string, string>) => Promise<Result<KeyView & { key?: string }>>) =>
  async (c: AppContext, context: VerbContext): Promise<Response> => {
    const [keyId, texts] = [c.req.param('id') ?? '', await fields(c)];
    const done = await verb(context, keyId, texts);
    if (!done.ok)
      return done.error.kind === 'not_found'
        ? refusalPage(c, done.error)
        : keysPage(c, context, { ...UNSENT, texts, keyId, error: done.error });
    const { name, mode, key } = done.value;
    if (key !== undefined) return showSecret(c, context, { name, mode, key });
    return c.redirect(`${PATH}${orgQuery(context)}`, 303);
  };

async function setLimit(
  context: VerbContext,
  id: string,
  { spendingLimit, limitPeriod }: Record<string, string>,
): Promise<Result<KeyView>> {
  const input = readForm(
    updateKeyInput,
    { spendingLimit: spendingLimit ? Number(spendingLimit) : null, ...(limitPeriod && { limitPeriod }) },
    LABELS,
  );
  return input.ok ? updateApiKey(context, id, input.value) : input;
}

const rotate = (context: VerbContext, id: string, { endGrace }: Record<string, string>) =>
  rotateApiKey(context, id, { endGrace: endGrace === 'on' });

export const keyPages: AccountRoute[] = [
  { method: 'GET', path: PATH, permission: 'keys.read', handle: (c, context) => keysPage(c, context) },
  { method: 'POST', path: PATH, permission: 'keys.write', handle: create },
  {
    method: 'POST',
    path: `${PATH}/:id/rotate`,
    permission: 'keys.write',
    handle: onKey(rotate),
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
