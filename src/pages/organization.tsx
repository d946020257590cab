/** An organization: its people, invitations, single sign-on and the record of who did what. */
import type { FC } from 'hono/jsx';
import { queryAudit } from '../console/audit/query';
import type { VerbContext } from '../console/context';
import { inviteInput, inviteMember, listInvitations, revokeInvitation } from '../console/organizations/invitations';
import { changeRole, changeRoleInput, listMembers, removeMember } from '../console/organizations/members';
import { ROLES } from '../console/permissions';
import { createProvider, createProviderInput, deleteProvider, listSso, verifyDomain } from '../console/sso/manage';
import type { GatewayError, Result } from '../core/errors';
import type { AppContext } from '../http/context';
import { parseInput } from '../http/input';
import { type AccountRoute, parameter } from '../routes/account/route';
import { organizationsPage } from './settings';
import { fields, Notice, orgQuery, page, Time } from './shell';

const PATH = '/settings/organization';
const ENTRIES = 25;

type Members = Awaited<ReturnType<typeof listMembers>>['members'];
type Providers = Awaited<ReturnType<typeof listSso>>['providers'];

const RoleSelect: FC<{ value?: string; label: string }> = ({ value, label }) => (
  <label>
    {label}
    <select name="role">
      {ROLES.map((role) => (
        <option selected={role === (value ?? 'developer')}>{role}</option>
      ))}
    </select>
  </label>
);

const People: FC<{ members: Members; context: VerbContext }> = ({ members, context }) => (
  <section class="scroll" tabindex={0} aria-label="Members">
    <table>
      <thead>
        <tr>
          {['Member', 'Role', 'Since', 'Actions'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {members.map(({ userId, name, email, role, createdAt }) => (
          <tr>
            <td>
              {name}
              <br />
              <span class="quiet">{email}</span>
            </td>
            <td>{role}</td>
            <td>
              <Time at={createdAt} />
            </td>
            <td>
              {context.permissions.has('members.write') && (
                <div class="row">
                  <form class="row" method="post" action={`${PATH}/members/${userId}${orgQuery(context)}`}>
                    <RoleSelect value={role} label={`Role of ${name}`} />
                    <button type="submit" class="plain">
                      Change
                    </button>
                  </form>
                  <form class="inline" method="post" action={`${PATH}/members/${userId}/remove${orgQuery(context)}`}>
                    <button type="submit" class="link danger" aria-label={`Remove ${name}`}>
                      Remove
                    </button>
                  </form>
                </div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

const Sso: FC<{ providers: Providers; context: VerbContext }> = ({ providers, context }) => (
  <section class="stack" aria-labelledby="sso">
    <h2 id="sso">Single sign-on</h2>
    {providers.map((provider) => (
      <div class="panel stack">
        <p class="row">
          <strong>{provider.domain}</strong> <span class="tag">{provider.type}</span>
          <span class={`tag ${provider.domainVerified ? 'good' : 'bad'}`}>
            {provider.domainVerified ? 'in use' : 'domain not verified'}
          </span>
        </p>
        <p class="small">
          ACS and callback: <code>{provider.callbackUrl}</code>
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
          <form class="inline" method="post" action={`${PATH}/sso/${provider.id}/delete${orgQuery(context)}`}>
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
          <h2>OIDC</h2>
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
          <div class="row">
            <button type="submit">Check and save</button>
          </div>
        </form>
        <form class="panel" method="post" action={`${PATH}/sso${orgQuery(context)}`}>
          <h2>SAML 2.0</h2>
          <input type="hidden" name="type" value="saml" />
          <label>
            E-mail domain
            <input name="domain" required placeholder="acme.com" />
          </label>
          <label>
            Metadata XML of the identity provider
            <textarea name="metadata" rows={6} required />
          </label>
          <div class="row">
            <button type="submit">Read and save</button>
          </div>
        </form>
      </div>
    )}
  </section>
);

interface Shown {
  error?: GatewayError;
  message?: string;
}

async function organizationPage(c: AppContext, context: VerbContext, { error, message }: Shown = {}): Promise<Response> {
  if (!context.organization) return organizationsPage(c, context);
  const may = context.permissions;
  const [{ members }, { invitations }, sso, audit] = await Promise.all([
    listMembers(context),
    listInvitations(context),
    may.has('sso.read') ? listSso(context) : undefined,
    may.has('audit.read') ? queryAudit(context, {}, ENTRIES, undefined) : undefined,
  ]);
  const pending = invitations.filter(({ status }) => status === 'pending');
  return page(
    c,
    { title: context.organization.name, context, ...(error && { status: 400 }) },
    <>
      <div class="head">
        <h1>{context.organization.name}</h1>
        <p class="quiet">
          {context.organization.slug}, you are {context.role}
        </p>
      </div>
      <Notice error={error} message={message} />
      <section class="stack" aria-labelledby="people">
        <h2 id="people">People</h2>
        <People members={members} context={context} />
        {pending.length > 0 && (
          <ul class="tight">
            {pending.map(({ id, email, role }) => (
              <li class="row">
                {email} <span class="tag">invited as {role}</span>
                {may.has('members.write') && (
                  <form class="inline" method="post" action={`${PATH}/invitations/${id}/revoke${orgQuery(context)}`}>
                    <button type="submit" class="link danger" aria-label={`Take back the invitation of ${email}`}>
                      Take back
                    </button>
                  </form>
                )}
              </li>
            ))}
          </ul>
        )}
        {may.has('members.write') && (
          <form class="panel" method="post" action={`${PATH}/invitations${orgQuery(context)}`}>
            <div class="columns">
              <label>
                Invite by e-mail
                <input name="email" type="email" required />
              </label>
              <RoleSelect label="As" />
            </div>
            <div class="row">
              <button type="submit">Invite</button>
            </div>
          </form>
        )}
      </section>
      {sso && <Sso providers={sso.providers} context={context} />}
      {audit?.ok && (
        <section class="stack" aria-labelledby="audit">
          <div class="head">
            <h2 id="audit">Who did what</h2>
            <a href={`/api/orgs/${context.organization.id}/audit/export`}>Export all</a>
          </div>
          <section class="scroll" tabindex={0} aria-label="Audit log">
            <table>
              <tbody>
                {audit.value.entries.map(({ seq, at, actorName, action, target, ip }) => (
                  <tr>
                    <td class="number quiet">{seq}</td>
                    <td>
                      <Time at={at} />
                    </td>
                    <td>{actorName}</td>
                    <td class="mono">{action}</td>
                    <td class="mono quiet">{target}</td>
                    <td class="quiet">{ip}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </section>
      )}
    </>,
  );
}

/** A verb, then the page again: with what went wrong, or from a fresh address so that a reload repeats nothing. */
const thenPage =
  (verb: (context: VerbContext, form: Record<string, string>, c: AppContext) => Promise<Result<unknown>>) =>
  async (c: AppContext, context: VerbContext): Promise<Response> => {
    if (!context.organization) return organizationsPage(c, context, 'Choose an organization first.');
    const done = await verb(context, await fields(c), c);
    return done.ok ? c.redirect(`${PATH}${orgQuery(context)}`, 303) : organizationPage(c, context, { error: done.error });
  };

const withParsed = async <T,>(parsed: Result<T>, verb: (input: T) => Promise<Result<unknown>>): Promise<Result<unknown>> =>
  parsed.ok ? verb(parsed.value) : parsed;

export const organizationPages: AccountRoute[] = [
  { method: 'GET', path: PATH, permission: 'organization.read', handle: (c, context) => organizationPage(c, context) },
  {
    method: 'POST',
    path: `${PATH}/invitations`,
    permission: 'members.write',
    handle: thenPage((context, form) => withParsed(parseInput(inviteInput, form), (input) => inviteMember(context, input))),
  },
  {
    method: 'POST',
    path: `${PATH}/invitations/:id/revoke`,
    permission: 'members.write',
    handle: thenPage((context, _form, c) => revokeInvitation(context, parameter(c, 'id'))),
  },
  {
    method: 'POST',
    path: `${PATH}/members/:user`,
    permission: 'members.write',
    handle: thenPage((context, form, c) =>
      withParsed(parseInput(changeRoleInput, form), (input) => changeRole(context, parameter(c, 'user'), input)),
    ),
  },
  {
    method: 'POST',
    path: `${PATH}/members/:user/remove`,
    permission: 'members.write',
    handle: thenPage((context, _form, c) => removeMember(context, parameter(c, 'user'))),
  },
  {
    method: 'POST',
    path: `${PATH}/sso`,
    permission: 'sso.write',
    handle: thenPage((context, form) => withParsed(parseInput(createProviderInput, form), (input) => createProvider(context, input))),
  },
  {
    method: 'POST',
    path: `${PATH}/sso/:provider/verify`,
    permission: 'sso.write',
    handle: thenPage((context, _form, c) => verifyDomain(context, parameter(c, 'provider'))),
  },
  {
    method: 'POST',
    path: `${PATH}/sso/:provider/delete`,
    permission: 'sso.write',
    handle: thenPage((context, _form, c) => deleteProvider(context, parameter(c, 'provider'))),
  },
];
