/** The organizations that somebody is in, and a new one. */
import type { VerbContext } from '../console/context';
import { organizationsOf } from '../console/me/show';
import { createOrganization, createOrganizationInput } from '../console/organizations/create';
import type { GatewayError } from '../core/errors';
import type { AppContext } from '../http/context';
import { marked, readForm } from './form';
import { Notice } from './parts';
import { fields, page } from './shell';

/** The page without a chosen organization: the list, and a form for a new one. */
export async function organizationsPage(c: AppContext, context: VerbContext, error?: GatewayError | string, name = ''): Promise<Response> {
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
          <input
            name="name"
            required
            maxlength={100}
            placeholder="Acme"
            value={name}
            {...marked(typeof error === 'string' ? undefined : error, 'name')}
          />
        </label>
        <div class="row">
          <button type="submit">Create it</button>
        </div>
      </form>
    </>,
  );
}

export async function makeOrganization(c: AppContext, context: VerbContext): Promise<Response> {
  const form = await fields(c);
  const input = readForm(createOrganizationInput, form, { name: 'Name' });
  const made = input.ok ? await createOrganization(context, input.value) : input;
  return made.ok ? c.redirect(`/settings/organization?org=${made.value.id}`, 303) : organizationsPage(c, context, made.error, form.name);
}
