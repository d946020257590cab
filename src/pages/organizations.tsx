/** The organizations that somebody is in, and a new one. */
import type { VerbContext } from '../console/context';
import { organizationsOf } from '../console/me/show';
import { createOrganization, createOrganizationInput } from '../console/organizations/create';
import type { AppContext } from '../http/context';
import { readForm } from './form';
import { Notice } from './parts';
import { fields, page } from './shell';

/** The page of no organization yet: those there are, and a new one. */
export async function organizationsPage(c: AppContext, context: VerbContext, error?: string): Promise<Response> {
  const organizations = await organizationsOf(context.db, context.actor.id);
  return page(
    c,
    { title: 'Organizations', context, ...(error !== undefined && { status: 400 }) },
    <>
      <div class="stack">
        <h1>Organizations</h1>
        <p class="lead">Teammates share one wallet, its keys, and one record of who did what.</p>
      </div>
      <Notice error={error} />
      {organizations.length > 0 && (
        <ul class="lines">
          {organizations.map(({ id, name, role }) => (
            <li>
              <a class="name" href={`/settings/organization?org=${id}`}>
                {name}
              </a>
              <span class="small quiet">you are {role}</span>
            </li>
          ))}
        </ul>
      )}
      <form class="panel" method="post" action="/settings/organizations">
        <h2>New organization</h2>
        <label>
          Name
          <input name="name" required maxlength={100} placeholder="Acme" />
        </label>
        <div class="row">
          <button type="submit">Create it</button>
        </div>
      </form>
    </>,
  );
}

export async function makeOrganization(c: AppContext, context: VerbContext): Promise<Response> {
  const input = readForm(createOrganizationInput, await fields(c), { name: 'Name' });
  const made = input.ok ? await createOrganization(context, input.value) : input;
  return made.ok ? c.redirect(`/settings/organization?org=${made.value.id}`, 303) : organizationsPage(c, context, made.error.message);
}
