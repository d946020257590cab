/** The page of an invitation: who invites whom to what, and what to do when signed in with another address. */
import type { FC } from 'hono/jsx';
import type { OrganizationRef, VerbContext } from '../console/context';
import { acceptInvitation, findInvitation, joinedBy, type OpenInvitation } from '../console/organizations/invitations';
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { Notice } from './parts';
import { fields, page, refusalPage } from './shell';

const PATH = '/invitations/accept';

/** Who invites whom to what. */
export const Invited: FC<{ of: OpenInvitation }> = ({ of: { inviterName, inviterEmail, email, name, role } }) => (
  <p class="notice break">
    {inviterName === null ? (
      'Somebody'
    ) : (
      <>
        <bdi>{inviterName}</bdi> ({inviterEmail})
      </>
    )}{' '}
    invites <strong>{email}</strong> to{' '}
    <strong>
      <bdi>{name}</bdi>
    </strong>{' '}
    as {role}.
  </p>
);

/** The invitation behind a path, for somebody who must sign in first. */
export async function invitationAt(c: AppContext, next: string): Promise<OpenInvitation | null> {
  const { pathname, searchParams } = new URL(next, 'http://here.invalid');
  const token = pathname === PATH ? searchParams.get('token') : null;
  return token ? findInvitation(accountPlaneDeps(c), token) : null;
}

const joinedPage = (c: AppContext, context: VerbContext, { id, name }: OrganizationRef) =>
  page(
    c,
    { title: 'Invitation', context, narrow: true },
    <>
      <h1>You are in</h1>
      <p>
        You have joined <strong class="break">{name}</strong>.
      </p>
      <a class="button" href={`/settings/organization?org=${id}`}>
        Go on
      </a>
    </>,
  );

async function invitationPage(c: AppContext, context: VerbContext): Promise<Response> {
  const token = c.req.query('token') ?? '';
  const invitation = await findInvitation(context, token);
  // Single sign-on may have accepted it already, and mails are opened more than once.
  const joined = invitation ? null : await joinedBy(context, token);
  if (joined) return joinedPage(c, context, joined);
  const fits = invitation?.email === context.actor.name.toLowerCase();
  return page(
    c,
    { title: 'Invitation', context, narrow: true },
    <>
      <h1>{invitation ? 'You are invited' : 'Invitation'}</h1>
      {invitation ? <Invited of={invitation} /> : <Notice error="This invitation was used, taken back, or is too old: ask for another." />}
      <p>
        You are signed in as <strong class="break">{context.actor.name}</strong>.
      </p>
      {!invitation && (
        <a class="button plain" href="/usage">
          To your account
        </a>
      )}
      {invitation && fits && (
        <form method="post" action={PATH}>
          <input type="hidden" name="token" value={token} />
          <button type="submit">Join {invitation.name}</button>
        </form>
      )}
      {invitation && !fits && (
        <form method="post" action="/sign-out">
          <Notice error="The invitation is for another address than yours." />
          <input type="hidden" name="next" value={`${PATH}?${new URLSearchParams({ token })}`} />
          <button type="submit">Sign out and go on as {invitation.email}</button>
        </form>
      )}
    </>,
  );
}

async function accept(c: AppContext, context: VerbContext): Promise<Response> {
  const { token = '' } = await fields(c);
  const joined = await acceptInvitation(context, { token });
  return joined.ok ? c.redirect(`/settings/organization?org=${joined.value.id}`, 303) : refusalPage(c, joined.error);
}

export const invitationPages: AccountRoute[] = [
  { method: 'GET', path: PATH, permission: 'self', handle: invitationPage },
  { method: 'POST', path: PATH, permission: 'self', handle: accept },
];
