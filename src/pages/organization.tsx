/** An organization: its members, invitations, single sign-on and audit log. */
import type { FC } from 'hono/jsx';
import { queryAudit } from '../console/audit/query';
import type { VerbContext } from '../console/context';
import { createOrganizationInput } from '../console/organizations/create';
import { deleteOrganization } from '../console/organizations/delete';
import { inviteInput, inviteMember, listInvitations, revokeInvitation } from '../console/organizations/invitations';
import {
  changeRole,
  changeRoleInput,
  countKeysOf,
  listMembers,
  removeMember,
  transferInput,
  transferOrganization,
} from '../console/organizations/members';
import { updateOrganization } from '../console/organizations/update';
import { type Permission, permits, ROLES } from '../console/permissions';
import { checkProvider, createProvider, createProviderInput, deleteProvider, listSso, verifyDomain } from '../console/sso/manage';
import { fail, type GatewayError, ok, type Result } from '../core/errors';
import type { AppContext } from '../http/context';
import { type AccountRoute, parameter } from '../routes/account/route';
import { auditPath, namesOf } from './audit';
import { AuditTable } from './audit-log';
import { inLabels, marked, readForm } from './form';
import { Danger, END_LABELS, Rename } from './organization-end';
import { SSO_LABELS, Sso } from './organization-sso';
import { organizationsPage } from './organizations';
import { Day, Name, Notice } from './parts';
import { fields, orgQuery, page } from './shell';

const PATH = '/settings/organization';
const ENTRIES = 10;

type Members = Awaited<ReturnType<typeof listMembers>>['members'];

const LABELS = { name: 'Its name', email: 'Invite by e-mail', role: 'Role', ...END_LABELS, ...SSO_LABELS };

/** Shown before somebody is made an owner, since owners can remove each other. */
const OWNERSHIP = 'An owner can hand the organization over, delete it, and put you out.';

interface RoleSelectProps {
  value: string;
  label: string;
  bare?: boolean;
  /** The person it is about, where a choice must be confirmed. */
  whom?: string;
  context: VerbContext;
}

/** Only owners make, change or remove owners. */
const isBeyond = (role: string, context: VerbContext): boolean => role === 'owner' && context.role !== 'owner';

const RoleSelect: FC<RoleSelectProps> = ({ value, label, bare, whom, context }) => (
  <label>
    <span class={bare ? 'unseen' : ''}>{label}</span>
    <select name="role">
      {ROLES.filter((role) => !isBeyond(role, context)).map((role) => {
        const asks = whom !== undefined && role !== value && (role === 'owner' || value === 'owner');
        const question = role === 'owner' ? `Make ${whom} an owner? ${OWNERSHIP}` : `Take from ${whom} that they own it?`;
        return (
          <option selected={role === value} {...(asks && { 'data-ask': question })}>
            {role}
          </option>
        );
      })}
    </select>
  </label>
);

interface PersonProps {
  of: Members[number];
  context: VerbContext;
  /** The only owner can neither leave nor change role. */
  isLastOwner: boolean;
}

const Person: FC<PersonProps> = ({ of: { userId, name, email, role, createdAt }, context, isLastOwner }) => (
  <li>
    <div>
      <p class="strong">
        {name} {userId === context.actor.id && <span class="tag">you</span>}
      </p>
      <p class="small quiet">
        <Name of={email} />, since <Day at={createdAt} />
      </p>
    </div>
    {context.permissions.has('members.write') && !isLastOwner && !isBeyond(role, context) ? (
      <div class="row">
        <form class="row" method="post" action={`${PATH}/members/${userId}${orgQuery(context)}`}>
          <RoleSelect
            value={role}
            label={`Role of ${name}`}
            bare
            whom={userId === context.actor.id ? 'yourself' : name}
            context={context}
          />
          <button type="submit" class="plain" aria-label={`Change the role of ${name}`}>
            Change
          </button>
        </form>
        {userId !== context.actor.id && (
          <form
            class="inline"
            method="post"
            action={`${PATH}/members/${userId}/remove${orgQuery(context)}`}
            data-ask={`Remove ${name}? The keys that they made or rotated last are revoked.`}
          >
            <button type="submit" class="link danger" aria-label={`Remove ${name}`}>
              Remove
            </button>
          </form>
        )}
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
      {invitations.map(({ id, email, role, expiresAt }) => (
        <li>
          <div>
            <p>
              <Name of={email} />
            </p>
            <p class="small quiet">
              invited as {role}, until <Day at={expiresAt} />
            </p>
          </div>
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

const Invite: FC<{ context: VerbContext; form: Form; error: GatewayError | undefined }> = ({ context, form, error }) => (
  <form class="panel" method="post" action={`${PATH}/invitations${orgQuery(context)}`}>
    <div class="columns">
      <label>
        Invite by e-mail
        <input name="email" type="email" required placeholder="name@example.com" value={form.email ?? ''} {...marked(error, 'email')} />
      </label>
      <RoleSelect label="As" value={form.email === undefined ? 'developer' : (form.role ?? 'developer')} context={context} />
    </div>
    <div class="row">
      <button type="submit">Invite</button>
    </div>
  </form>
);

/** The permissions that people ask about, in words. */
const MAY: readonly (readonly [permission: Permission, what: string])[] = [
  ['usage.read', 'see usage and jobs'],
  ['billing.read', 'see the bill'],
  ['audit.read', 'read the audit log'],
  ['keys.write', 'make, limit and revoke keys'],
  ['deployments.write', 'run jobs and deployments'],
  ['billing.write', 'top up'],
  ['members.write', 'invite people and change roles'],
  ['sso.write', 'set up single sign-on'],
  ['organization.delete', 'hand it over, or delete it'],
];

const Roles: FC = () => (
  <details class="small">
    <summary>What each role may do</summary>
    <dl class="facts">
      {ROLES.map((role) => (
        <>
          <dt>{role}</dt>
          <dd>
            {MAY.filter(([permission]) => permits(role, permission))
              .map(([, what]) => what)
              .join('; ')}
          </dd>
        </>
      ))}
    </dl>
  </details>
);

type Form = Record<string, string>;

interface Shown {
  error?: GatewayError;
  message?: string;
  /** As sent, to be corrected. */
  form?: Form;
}

async function organizationPage(c: AppContext, context: VerbContext, { error, message, form = {} }: Shown = {}): Promise<Response> {
  if (!context.organization) return organizationsPage(c, context);
  const may = context.permissions;
  const [{ members }, { invitations }, ownKeys, sso, audit, names] = await Promise.all([
    listMembers(context),
    listInvitations(context),
    countKeysOf(context, context.actor.id),
    may.has('sso.read') ? listSso(context) : undefined,
    may.has('audit.read') ? queryAudit(context, {}, ENTRIES, undefined) : undefined,
    may.has('audit.read') ? namesOf(context) : new Map<string, string>(),
  ]);
  const pending = invitations.filter(({ status, expiresAt }) => status === 'pending' && Date.parse(expiresAt) > context.now());
  const owners = members.filter(({ role }) => role === 'owner').length;
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
            <Person of={member} context={context} isLastOwner={member.role === 'owner' && owners < 2} />
          ))}
        </ul>
        {pending.length > 0 && <Pending invitations={pending} context={context} />}
        {may.has('members.write') && <Invite context={context} form={form} error={error} />}
        <Roles />
      </section>
      {sso && <Sso providers={sso.providers} context={context} form={form} error={error} />}
      {audit?.ok && (
        <section class="stack" aria-labelledby="audit">
          <div class="head">
            <h2 id="audit">Who did what</h2>
            <a href={auditPath(context)}>All of it</a>
          </div>
          <AuditTable entries={audit.value.entries} names={names} />
        </section>
      )}
      {may.has('organization.update') && <Rename context={context} form={form} error={error} />}
      <Danger members={members} context={context} ownKeys={ownKeys} form={form} error={error} />
    </>,
  );
}

/** Runs a verb and shows the page again: with the error, or by a redirect so that a reload repeats nothing. */
const thenPage =
  (verb: (context: VerbContext, form: Record<string, string>, c: AppContext) => Promise<Result<unknown>>) =>
  async (c: AppContext, context: VerbContext): Promise<Response> => {
    if (!context.organization) return organizationsPage(c, context, 'Choose an organization first.');
    const form = await fields(c);
    const done = await verb(context, form, c);
    if (done.ok) return c.redirect(`${PATH}${orgQuery(context)}`, 303);
    return organizationPage(c, context, { error: inLabels(done.error, LABELS), form });
  };

/** The same for verbs that end one's membership, after which the page is not accessible. */
const thenList =
  (verb: (context: VerbContext, form: Record<string, string>) => Promise<Result<unknown>>) =>
  async (c: AppContext, context: VerbContext): Promise<Response> => {
    if (!context.organization) return organizationsPage(c, context, 'Choose an organization first.');
    const form = await fields(c);
    const done = await verb(context, form);
    return done.ok ? c.redirect(PATH, 303) : organizationPage(c, context, { error: inLabels(done.error, LABELS), form });
  };

/** Shows whether a provider check succeeded, with the reason if not. */
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
    handle: thenPage((context, form) => withParsed(readForm(inviteInput, form, LABELS), (input) => inviteMember(context, input))),
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
      withParsed(readForm(changeRoleInput, form, LABELS), (input) => changeRole(context, parameter(c, 'user'), input)),
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
      withParsed(readForm(createOrganizationInput, form, LABELS), async (input) => ok(await updateOrganization(context, input))),
    ),
  },
  {
    method: 'POST',
    path: `${PATH}/transfer`,
    permission: 'organization.transfer',
    handle: thenPage((context, form) =>
      withParsed(readForm(transferInput, form, { userId: 'Hand it over to' }), (input) => transferOrganization(context, input)),
    ),
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
      confirm === context.organization!.slug
        ? deleteOrganization(context, { confirm, forfeitCredits: forfeitCredits === 'on' })
        : Promise.resolve(
            fail('invalid_request', `Type ${context.organization!.slug} to confirm that it is to be deleted.`, { param: 'confirm' }),
          ),
    ),
  },
  { method: 'POST', path: `${PATH}/sso/:provider/check`, permission: 'sso.read', handle: showCheck },
  {
    method: 'POST',
    path: `${PATH}/sso`,
    permission: 'sso.write',
    handle: thenPage((context, form) => withParsed(readForm(createProviderInput, form, LABELS), (input) => createProvider(context, input))),
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
