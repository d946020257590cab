/** The form of a new key. */
import type { FC, PropsWithChildren } from 'hono/jsx';
import { createApiKey } from '../console/api-keys/create';
import { createKeyInput } from '../console/api-keys/internal';
import { withModelIds } from '../console/api-keys/models';
import type { VerbContext } from '../console/context';
import { KEY_SCOPES, type Permission } from '../console/permissions';
import { fail, type GatewayError } from '../core/errors';
import { FAMILIES } from '../core/family';
import { LIMIT_PERIODS, type LimitPeriod } from '../core/limit-period';
import type { AppContext } from '../http/context';
import { marked, readForm } from './form';
import { Code } from './parts';
import { orgQuery } from './shell';

const words = (text: string | undefined): string[] => (text ?? '').split(/[\s,]+/).filter((word) => word !== '');

/** The form's texts as the API's input; empty fields are left out. */
function inputOf(form: Record<string, string>, families: string[], scopes: string[]) {
  const { name, mode, spendingLimit, limitPeriod, autoDisable, origins, ips, models, expiresAt } = form;
  return {
    name,
    mode,
    ...(spendingLimit && { spendingLimit: Number(spendingLimit), ...(limitPeriod && { limitPeriod }) }),
    autoDisable: autoDisable === 'on',
    origins: words(origins),
    ips: words(ips),
    models: words(models),
    families,
    scopes,
    ...(expiresAt && { expiresAt: `${expiresAt}T23:59:59.999Z` }),
  };
}

/** How often a limit starts anew, in words. */
const RENEWALS: Readonly<Record<LimitPeriod, string>> = {
  day: 'every day (UTC)',
  week: 'every Monday (UTC)',
  month: 'every month (UTC)',
  total: 'never',
};

export const Renewal: FC<PropsWithChildren<{ chosen: string | undefined }>> = ({ chosen = 'month', children }) => (
  <label>
    {children}
    <select name="limitPeriod">
      {LIMIT_PERIODS.map((period) => (
        <option value={period} selected={period === chosen}>
          {RENEWALS[period]}
        </option>
      ))}
    </select>
  </label>
);

const Checks: FC<{ legend: string; name: string; values: string[]; chosen: string[] }> = ({ legend, name, values, chosen }) => (
  <fieldset class="tight">
    <legend class="label">{legend}</legend>
    <div class="choice">
      {values.map((value) => (
        <label class="check">
          <input type="checkbox" name={name} value={value} checked={chosen.includes(value)} /> {value}
        </label>
      ))}
    </div>
  </fieldset>
);

export const LABELS = {
  name: 'Name',
  mode: 'Kind',
  spendingLimit: 'Limit, in credits',
  limitPeriod: 'Limit begins anew',
  origins: 'Origins, separated by spaces',
  ips: 'IP addresses or ranges',
  expiresAt: 'Last day (UTC)',
  models: 'Models, by id',
  families: 'Kinds of models; none chosen means all',
  scopes: 'What it may read or manage here, beside calling models',
};

/** Attributes of a field for a limit in credits. */
export const LIMIT_FIELD = {
  name: 'spendingLimit',
  type: 'number',
  min: '0',
  step: 'any',
  inputmode: 'decimal',
  placeholder: 'no limit',
} as const;

export const KindChoice: FC<{ chosen: string | undefined }> = ({ chosen }) => (
  <label>
    {LABELS.mode}
    <select name="mode">
      <option value="live">Live</option>
      <option value="test" selected={chosen === 'test'}>
        Test: the sandbox, free of charge
      </option>
    </select>
  </label>
);

export const SecretShown: FC<{ name: string; secret: string }> = ({ name, secret }) => (
  <section class="stack" aria-labelledby="secret">
    <h2 id="secret">The secret of “{name}”</h2>
    <p>Copy it now: it is shown this once and kept nowhere.</p>
    <Code label="API key" wrap>
      {secret}
    </Code>
  </section>
);

type TextName = 'name' | 'spendingLimit' | 'origins' | 'ips' | 'expiresAt' | 'models';

/** A form as it was sent, to be corrected. */
export interface Sent {
  texts: Record<string, string>;
  families: string[];
  scopes: string[];
  error?: GatewayError;
  /** The key that it was about, if not a new one. */
  keyId?: string;
}

export const UNSENT: Sent = { texts: {}, families: [], scopes: [] };

export const CreateForm: FC<{ path: string; context: VerbContext; sent: Sent }> = ({
  path,
  context,
  sent: { texts, families, scopes, error },
}) => {
  const common = (name: TextName) => ({ name, value: texts[name] ?? '', ...marked(error, name) });
  const further = ['origins', 'ips', 'expiresAt', 'models'] as const;
  const open = further.some((name) => texts[name]) || families.length + scopes.length > 0;
  return (
    <form class="panel" method="post" action={path + orgQuery(context)}>
      <h2 id="new-key">New key</h2>
      <div class="halves">
        <label>
          {LABELS.name}
          <input {...common('name')} required maxlength={200} placeholder="production" />
        </label>
        <KindChoice chosen={texts.mode} />
        <label>
          {LABELS.spendingLimit}
          <input {...LIMIT_FIELD} {...common('spendingLimit')} />
        </label>
        <Renewal chosen={texts.limitPeriod}>{LABELS.limitPeriod}</Renewal>
      </div>
      <label class="check">
        <input type="checkbox" name="autoDisable" checked={texts.autoDisable === 'on'} /> Disable the key when it reaches its limit
      </label>
      <details open={open}>
        <summary>Where, until when, and what for</summary>
        <div class="stack">
          <div class="thirds">
            <label>
              {LABELS.origins}
              <input {...common('origins')} placeholder="https://app.example.com" />
            </label>
            <label>
              {LABELS.ips}
              <input {...common('ips')} placeholder="203.0.113.0/24" />
            </label>
            <label>
              {LABELS.expiresAt}
              <input {...common('expiresAt')} type="date" />
            </label>
            <label>
              {LABELS.models}
              <input {...common('models')} placeholder="all" />
            </label>
          </div>
          <Checks legend={LABELS.families} name="families" values={[...FAMILIES]} chosen={families} />
          <Checks
            legend={LABELS.scopes}
            name="scopes"
            values={KEY_SCOPES.filter((scope) => context.permissions.has(scope as Permission))}
            chosen={scopes}
          />
        </div>
      </details>
      <div class="row">
        <button type="submit">Create the key</button>
      </div>
    </form>
  );
};

/** Somebody who wants a key disabled at its limit believes to have set one. */
const NO_LIMIT = fail('invalid_request', 'The field `spendingLimit` is not valid: the key is to be disabled there, so it is needed.', {
  param: 'spendingLimit',
});

const formInput = createKeyInput.omit({ userId: true });

export async function createFrom(c: AppContext, context: VerbContext, { texts, families, scopes }: Sent) {
  const input = readForm(formInput, inputOf(texts, families, scopes), LABELS);
  if (!input.ok) return input;
  if (input.value.autoDisable && input.value.spendingLimit === undefined) return NO_LIMIT;
  const named = withModelIds(c.get('gateway').registry.models, input.value);
  return named.ok ? createApiKey(context, named.value) : named;
}
