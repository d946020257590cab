/** An organization's identity providers: what to configure there, and whether they answer. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { ROLES } from '../console/permissions';
import type { listSso } from '../console/sso/manage';
import type { GatewayError } from '../core/errors';
import { marked } from './form';
import { orgQuery } from './shell';

const PATH = '/settings/organization';

type Providers = Awaited<ReturnType<typeof listSso>>['providers'];

export const SSO_LABELS = {
  domain: 'E-mail domain',
  issuer: 'Issuer',
  clientId: 'Client id',
  clientSecret: 'Client secret',
  metadata: 'Metadata XML of the identity provider',
  defaultRole: 'Who comes from there joins as',
};

/** An identity provider cannot make owners. */
const JoinAs: FC<{ value: string | undefined }> = ({ value = 'developer' }) => (
  <label>
    {SSO_LABELS.defaultRole}
    <select name="defaultRole">
      {ROLES.filter((role) => role !== 'owner').map((role) => (
        <option selected={role === value}>{role}</option>
      ))}
    </select>
  </label>
);

interface FormProps {
  context: VerbContext;
  /** As sent, to be corrected, but without the secret. */
  form: Record<string, string>;
  error: GatewayError | undefined;
}

const OIDC = [
  ['domain', 'acme.com'],
  ['issuer', 'https://idp.acme.com'],
  ['clientId', ''],
  ['clientSecret', ''],
] as const;

const Oidc: FC<FormProps> = ({ context, form, error }) => (
  <form class="panel" method="post" action={`${PATH}/sso${orgQuery(context)}`}>
    <h3>OIDC</h3>
    <input type="hidden" name="type" value="oidc" />
    {OIDC.map(([name, placeholder]) => (
      <label>
        {SSO_LABELS[name]}
        <input
          name={name}
          required
          placeholder={placeholder}
          autocomplete="off"
          {...(name === 'clientSecret' ? { type: 'password' } : { value: form[name] ?? '' })}
          {...marked(error, name)}
        />
      </label>
    ))}
    <JoinAs value={form.defaultRole} />
    <div class="row">
      <button type="submit">Check and save</button>
    </div>
  </form>
);

const Saml: FC<FormProps> = ({ context, form, error }) => (
  <form class="panel" method="post" action={`${PATH}/sso${orgQuery(context)}`}>
    <h3>SAML 2.0</h3>
    <input type="hidden" name="type" value="saml" />
    <label>
      {SSO_LABELS.domain}
      <input name="domain" required placeholder="acme.com" value={form.domain ?? ''} {...marked(error, 'domain')} />
    </label>
    <label>
      {SSO_LABELS.metadata}
      <textarea name="metadata" rows={6} required {...marked(error, 'metadata')}>
        {form.metadata ?? ''}
      </textarea>
    </label>
    <JoinAs value={form.defaultRole} />
    <div class="row">
      <button type="submit">Read and save</button>
    </div>
  </form>
);

export const Sso: FC<FormProps & { providers: Providers }> = ({ providers, context, form, error }) => (
  <section class="stack" aria-labelledby="sso">
    <div class="tight">
      <h2 id="sso">Single sign-on</h2>
      <p class="small quiet">
        Who has an address of a verified domain signs in through its identity provider, and joins at the first time. Whom you remove comes
        back by an invitation alone.
      </p>
    </div>
    {providers.map((provider) => (
      <div class="panel stack">
        <p class="row">
          <strong>{provider.domain}</strong> <span class="tag">{provider.type}</span>
          <span class={`tag ${provider.domainVerified ? 'good' : 'bad'}`}>
            {provider.domainVerified ? 'in use' : 'domain not verified'}
          </span>
        </p>
        <p class="small">
          {provider.type === 'saml' ? 'ACS' : 'Redirect URL'}: <code>{provider.callbackUrl}</code>
        </p>
        {'metadataUrl' in provider && (
          <p class="small">
            Entity id, where our metadata is: <code>{provider.metadataUrl}</code>
          </p>
        )}
        <p class="small quiet">
          {'issuer' in provider ? `Issuer ${provider.issuer}.` : `Entity id there: ${provider.entityId}.`} Who comes from there joins as{' '}
          {provider.defaultRole}.
        </p>
        {!provider.domainVerified && (
          <p class="small">
            Add the TXT record <code>{provider.challenge.name}</code> with the value <code>{provider.challenge.value}</code>.
          </p>
        )}
        <div class="row">
          {!provider.domainVerified && (
            <form class="inline" method="post" action={`${PATH}/sso/${provider.id}/verify${orgQuery(context)}`}>
              <button type="submit">Check the record</button>
            </form>
          )}
          <form class="inline" method="post" action={`${PATH}/sso/${provider.id}/check${orgQuery(context)}`}>
            <button type="submit" class="plain" aria-label={`Check the provider of ${provider.domain}`}>
              Check the provider
            </button>
          </form>
          <form
            class="inline"
            method="post"
            action={`${PATH}/sso/${provider.id}/delete${orgQuery(context)}`}
            data-ask={`Delete the sign-in of ${provider.domain}?`}
          >
            <button type="submit" class="link danger">
              Delete
            </button>
          </form>
        </div>
      </div>
    ))}
    {context.permissions.has('sso.write') && (
      <details open={form.domain !== undefined}>
        <summary>Add a provider</summary>
        <div class="columns">
          <Oidc context={context} form={form.type === 'oidc' ? form : {}} error={form.type === 'oidc' ? error : undefined} />
          <Saml context={context} form={form.type === 'saml' ? form : {}} error={form.type === 'saml' ? error : undefined} />
        </div>
      </details>
    )}
  </section>
);
