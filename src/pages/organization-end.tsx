/** An organization as a whole: its name, and what cannot be taken back. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import type { listMembers } from '../console/organizations/members';
import type { GatewayError } from '../core/errors';
import { marked } from './form';
import { plural } from './parts';
import { orgQuery } from './shell';

const PATH = '/settings/organization';

export const END_LABELS = { forfeitCredits: 'Give up the credits that are left' };

type Members = Awaited<ReturnType<typeof listMembers>>['members'];

interface SentProps {
  context: VerbContext;
  /** As sent, to be corrected. */
  form: Record<string, string>;
  error: GatewayError | undefined;
}

interface WholeProps extends SentProps {
  members: Members;
  /** How many keys would end with the person's leaving. */
  ownKeys: number;
}

export const Rename: FC<SentProps> = ({ context, form, error }) => (
  <section class="section" aria-labelledby="whole">
    <header>
      <h2 id="whole">The organization itself</h2>
      <p>How it is called.</p>
    </header>
    <form class="row ends" method="post" action={`${PATH}/rename${orgQuery(context)}`}>
      <label>
        Its name
        <input name="name" value={form.name ?? context.organization!.name} required maxlength={100} {...marked(error, 'name')} />
      </label>
      <button type="submit" class="plain">
        Rename
      </button>
    </form>
  </section>
);

const HandOver: FC<{ others: Members; name: string; action: string }> = ({ others, name, action }) => (
  <form class="row ends" method="post" action={action} data-ask={`Hand ${name} over? You stay as admin and cannot take it back.`}>
    <label>
      Hand it over to
      <select name="userId" required>
        <option value="">Choose …</option>
        {others.map(({ userId, email }) => (
          <option value={userId} data-ask={`Hand ${name} over to ${email}? You stay as admin and cannot take it back.`}>
            {email}
          </option>
        ))}
      </select>
    </label>
    <button type="submit" class="danger">
      Hand over
    </button>
  </form>
);

/** What cannot be undone, for those who may do it. */
export const Danger: FC<WholeProps> = ({ members, context, ownKeys, form, error }) => {
  const may = context.permissions;
  const { name, slug } = context.organization!;
  const others = members.filter(({ userId }) => userId !== context.actor.id);
  const action = (verb: string) => `${PATH}/${verb}${orgQuery(context)}`;
  const isLastOwner = context.role === 'owner' && members.filter(({ role }) => role === 'owner').length < 2;
  const keys = ownKeys > 0 ? ` The ${plural(ownKeys, 'key')} that you made or rotated stop working at once.` : '';
  return (
    <section class="section" aria-labelledby="danger">
      <header>
        <h2 id="danger">Danger</h2>
        <p>Whose it is, and its end: not to be taken back.</p>
      </header>
      <div class="stack">
        {may.has('organization.transfer') && others.length > 0 && <HandOver others={others} name={name} action={action('transfer')} />}
        {isLastOwner ? (
          <p class="small quiet">You own it alone: you can leave once another owns it too.</p>
        ) : (
          <form class="row" method="post" action={action('leave')} data-ask={`Leave ${name}?${keys}`}>
            <button type="submit" class="link danger" aria-label={`Leave ${name}`}>
              Leave
            </button>
            {keys !== '' && <span class="small quiet">{keys.trim()}</span>}
          </form>
        )}
        {may.has('organization.delete') && (
          <details open={form.confirm !== undefined}>
            <summary>Delete it</summary>
            <form class="panel" method="post" action={action('delete')}>
              <p>Its keys stop working at once. Its books and its audit log are kept.</p>
              <label>
                Type {slug} to confirm
                <input name="confirm" required autocomplete="off" value={form.confirm ?? ''} {...marked(error, 'confirm')} />
              </label>
              <label class="check">
                <input type="checkbox" name="forfeitCredits" {...marked(error, 'forfeitCredits')} /> {END_LABELS.forfeitCredits}
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
