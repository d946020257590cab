/** An organization: its people, invitations, single sign-on and the record of who did what. */
import type { FC } from 'hono/jsx';
import { queryAudit } from '../console/audit/query';
import type { VerbContext } from '../console/context';
import { createOrganizationInput } from '../console/organizations/create';
import { deleteOrganization } from '../console/organizations/delete';
import { inviteInput, inviteMember, listInvitations, revokeInvitation } from '../console/organizations/invitations';
import {
  changeRole,
  changeRoleInput,
  listMembers,
  removeMember,
  transferInput,
  transferOrganization,
} from '../console/organizations/members';
import { updateOrganization } from '../console/organizations/update';
import { ROLES } from '../console/permissions';
import { checkProvider, createProvider, createProviderInput, deleteProvider, listSso, verifyDomain } from '../console/sso/manage';
import { fail, type GatewayError, ok, type Result } from '../core/errors';
import type { AppContext } from '../http/context';
import { parseInput } from '../http/input';
import { type AccountRoute, parameter } from '../routes/account/route';
import { AuditTable, auditPath } from './audit';
import { Sso } from './organization-sso';
import { Day, Notice } from './parts';
import { organizationsPage } from './settings';
import { fields, orgQuery, page } from './shell';

const PATH = '/settings/organization';
const ENTRIES = 25;

type Members = Awaited<ReturnType<typeof listMembers>>['members'];

const RoleSelect: FC<{ value?: string; label: string; bare?: boolean }> = ({ value, label, bare }) => (
  <label>
    <span class={bare ? 'unseen' : ''}>{label}</span>
    <select name="role">
      {ROLES.map((role) => (
        <option selected={role === (value ?? 'developer')}>{role}</option>
      ))}
    </select>
  </label>
);

const Person: FC<{ of: Members[number]; context: VerbContext }> = ({ of: { userId, name, email, role, createdAt }, context }) => (
  <li>
    <div>
      <p class="strong">{name}</p>
      <p class="small quiet">
        {email}, since <Day at={createdAt} />
      </p>
    </div>
    {context.permissions.has('members.write') ? (
      <div class="row">
        <form class="row" method="post" action={`${PATH}/members/${userId}${orgQuery(context)}`}>
          <RoleSelect value={role} label={`Role of ${name}`} bare />
          <button type="submit" class="plain" aria-label={`Change the role of ${name}`}>
            Change
          </button>
        </form>
        <form
          class="inline"
          method="post"
          action={`${PATH}/members/${userId}/remove${orgQuery(context)}`}
          data-ask={`Remove ${name}? The keys that they made are revoked.`}
        >
          <button type="submit" class="link danger" aria-label={`Remove ${name}`}>
            Remove
          </button>
        </form>
      </div>
    ) : (
      <span class="tag">{role}</span>
    )}
  </li>
);

type Invitations = Awaited<ReturnType<typeof listInvitations>>['invitations'];

const Pending: FC<{ invitations: Invitations; context: VerbContext }> = ({ invitations, context }) => (
  <section class="stack" aria-labelledby="pending">
    <h3 id="pending">Invited</h3>
    <ul class="lines">
      {invitations.map(({ id, email, role }) => (
        <li>
          <span>
            {email} <span class="tag">invited as {role}</span>
          </span>
          {context.permissions.has('members.write') && (
            <form class="inline" method="post" action={`${PATH}/invitations/${id}/revoke${orgQuery(context)}`}>
              <button type="submit" class="link danger" aria-label={`Take back the invitation of ${email}`}>
                Take back
              </button>
            </form>
          )}
        </li>
      ))}
    </ul>
  </section>
);

const Invite: FC<{ context: VerbContext }> = ({ context }) => (
  <form class="panel" method="post" action={`${PATH}/invitations${orgQuery(context)}`}>
    <div class="columns">
      <label>
        Invite by e-mail
        <input name="email" type="email" required placeholder="name@example.com" />
      </label>
      <RoleSelect label="As" />
    </div>
    <div class="row">
      <button type="submit">Invite</button>
    </div>
  </form>
);

/** What changes the organization as a whole, for who may. */
const Ending: FC<{ members: Members; context: VerbContext }> = ({ members, context }) => {
  const may = context.permissions;
  const { name, slug } = context.organization!;
  const others = members.filter(({ userId }) => userId !== context.actor.id);
  const action = (verb: string) => `${PATH}/${verb}${orgQuery(context)}`;
  return (
    <section class="section" aria-labelledby="whole">
      <header>
        <h2 id="whole">The organization itself</h2>
        <p>Its name, whose it is, and its end.</p>
      </header>
      <div class="stack">
        {may.has('organization.update') && (
          <form class="row ends" method="post" action={action('rename')}>
            <label>
              Its name
              <input name="name" value={name} required maxlength={100} />
            </label>
            <button type="submit" class="plain">
              Rename
            </button>
          </form>
        )}
        {may.has('organization.transfer') && others.length > 0 && (
          <form class="row ends" method="post" action={action('transfer')}>
            <label>
              Hand it over to
              <select name="userId">
                {others.map((member) => (
                  <option value={member.userId}>{member.email}</option>
                ))}
              </select>
            </label>
            <button type="submit" class="plain">
              Hand over
            </button>
          </form>
        )}
        <form class="row" method="post" action={action('leave')} data-ask={`Leave ${name}?`}>
          <button type="submit" class="link danger">
            Leave {name}
          </button>
        </form>
        {may.has('organization.delete') && (
          <details>
            <summary>Delete it</summary>
            <form class="panel" method="post" action={action('delete')}>
              <p>Its keys stop working at once. Its books and its audit log are kept.</p>
              <label>
                Type {slug} to confirm
                <input name="confirm" required autocomplete="off" />
              </label>
              <label class="check">
                <input type="checkbox" name="forfeitCredits" /> Give up the credits that are left
              </label>
              <div class="row">
                <button type="submit" class="danger">
                  Delete for good
                </button>
              </div>
            </form>
          </details>
        )}
      </div>
    </section>
  );
};

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
        <p class="small quiet">
          <span class="mono break">{context.organization.slug}</span>, you are {context.role}
        </p>
      </div>
      <Notice error={error} message={message} />
      <section class="stack" aria-labelledby="people">
        <h2 id="people">People</h2>
        <ul class="lines">
          {members.map((member) => (
            <Person of={member} context={context} />
          ))}
        </ul>
        {pending.length > 0 && <Pending invitations={pending} context={context} />}
        {may.has('members.write') && <Invite context={context} />}
      </section>
      {sso && <Sso providers={sso.providers} context={context} />}
      {audit?.ok && (
        <section class="stack" aria-labelledby="audit">
          <div class="head">
            <h2 id="audit">Who did what</h2>
            <a href={auditPath(context)}>All of it</a>
          </div>
          <AuditTable entries={audit.value.entries} />
        </section>
      )}
      <Ending members={members} context={context} />
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

/** The same for what ends one's part in the organization: there is no page of it to come back to. */
const thenList =
  (verb: (context: VerbContext, form: Record<string, string>) => Promise<Result<unknown>>) =>
  async (c: AppContext, context: VerbContext): Promise<Response> => {
    if (!context.organization) return organizationsPage(c, context, 'Choose an organization first.');
    const done = await verb(context, await fields(c));
    return done.ok ? c.redirect(PATH, 303) : organizationPage(c, context, { error: done.error });
  };

/** Green, or red with the reason. */
async function showCheck(c: AppContext, context: VerbContext): Promise<Response> {
  if (!context.organization) return organizationsPage(c, context, 'Choose an organization first.');
  const checked = await checkProvider(context, parameter(c, 'provider'));
  if (!checked.ok) return organizationPage(c, context, { error: checked.error });
  const { ok: isGood, message } = checked.value;
  return organizationPage(c, context, isGood ? { message } : { error: fail('unavailable', message).error });
}

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
    path: `${PATH}/rename`,
    permission: 'organization.update',
    handle: thenPage((context, form) =>
      withParsed(parseInput(createOrganizationInput, form), async (input) => ok(await updateOrganization(context, input))),
    ),
  },
  {
    method: 'POST',
    path: `${PATH}/transfer`,
    permission: 'organization.transfer',
    handle: thenPage((context, form) => withParsed(parseInput(transferInput, form), (input) => transferOrganization(context, input))),
  },
  {
    method: 'POST',
    path: `${PATH}/leave`,
    permission: 'organization.read',
    handle: thenList((context) => removeMember(context, context.actor.id)),
  },
  {
    method: 'POST',
    path: `${PATH}/delete`,
    permission: 'organization.delete',
    handle: thenList((context, { confirm = '', forfeitCredits }) =>
      deleteOrganization(context, { confirm, forfeitCredits: forfeitCredits === 'on' }),
    ),
  },
  { method: 'POST', path: `${PATH}/sso/:provider/check`, permission: 'sso.read', handle: showCheck },
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
