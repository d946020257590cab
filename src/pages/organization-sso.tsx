/** An organization's identity providers: what they are to be told, and whether they answer. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { ROLES } from '../console/permissions';
import type { listSso } from '../console/sso/manage';
import { orgQuery } from './shell';

const PATH = '/settings/organization';

type Providers = Awaited<ReturnType<typeof listSso>>['providers'];

/** Nobody becomes an owner by another's word. */
const JoinAs: FC = () => (
  <label>
    Who comes from there joins as
    <select name="defaultRole">
      {ROLES.filter((role) => role !== 'owner').map((role) => (
        <option selected={role === 'developer'}>{role}</option>
      ))}
    </select>
  </label>
);

export const Sso: FC<{ providers: Providers; context: VerbContext }> = ({ providers, context }) => (
  <section class="stack" aria-labelledby="sso">
    <div class="tight">
      <h2 id="sso">Single sign-on</h2>
      <p class="small quiet">
        Who has an address of a verified domain signs in through its identity provider, and joins at the first time.
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
      <div class="columns">
        <form class="panel" method="post" action={`${PATH}/sso${orgQuery(context)}`}>
          <h3>OIDC</h3>
          <input type="hidden" name="type" value="oidc" />
          {(
            [
              ['domain', 'E-mail domain', 'acme.com'],
              ['issuer', 'Issuer', 'https://idp.acme.com'],
              ['clientId', 'Client id', ''],
              ['clientSecret', 'Client secret', ''],
            ] as const
          ).map(([name, label, placeholder]) => (
            <label>
              {label}
              <input
                name={name}
                required
                placeholder={placeholder}
                autocomplete="off"
                {...(name === 'clientSecret' && { type: 'password' })}
              />
            </label>
          ))}
          <JoinAs />
          <div class="row">
            <button type="submit">Check and save</button>
          </div>
        </form>
        <form class="panel" method="post" action={`${PATH}/sso${orgQuery(context)}`}>
          <h3>SAML 2.0</h3>
          <input type="hidden" name="type" value="saml" />
          <label>
            E-mail domain
            <input name="domain" required placeholder="acme.com" />
          </label>
          <label>
            Metadata XML of the identity provider
            <textarea name="metadata" rows={6} required />
          </label>
          <JoinAs />
          <div class="row">
            <button type="submit">Read and save</button>
          </div>
        </form>
      </div>
    )}
  </section>
);
