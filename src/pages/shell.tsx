/** What every page shares: its headers, who looks at it, and how a refusal looks. */
import type { Child } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { organizationsOf } from '../console/me/show';
import { ERRORS, type GatewayError } from '../core/errors';
import { toCredits } from '../core/money';
import { accountPlaneDeps } from '../http/account-deps';
import { authorize } from '../http/caller';
import { type AppContext, requestIdOf } from '../http/context';
import { assetPath, type ScriptName } from './assets';
import { Frame, isOwn, type Viewer } from './frame';
import { Notice } from './parts';

const CSP =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const DESCRIPTION =
  'One key and one prepaid wallet in front of every language, image, video and audio model, in the formats of OpenAI, Anthropic and Google.';

export interface PageOptions {
  title: string;
  /** One sentence, for search engines and previews of links. */
  description?: string;
  context?: VerbContext | undefined;
  narrow?: boolean;
  status?: number;
  /** What the page can do beyond forms and links. */
  script?: ScriptName;
}

async function viewerIn(c: AppContext, context: VerbContext | undefined): Promise<Viewer | undefined> {
  if (context?.actor.kind !== 'user') return undefined;
  const { account, accountId, db, organization, permissions } = context;
  const shown = isOwn(c.req.path) && permissions.has('billing.read');
  const [organizations, view] = await Promise.all([
    organizationsOf(db, context.actor.id),
    // The page is whole without it.
    shown
      ? account(accountId)
          .view()
          .catch(() => undefined)
      : undefined,
  ]);
  const asked = organizations.find(({ id }) => id === c.req.query('org'))?.id;
  const org = organization?.id ?? asked;
  const known = view && org === organization?.id;
  return {
    name: context.actor.name,
    org,
    organizations,
    availableCredits: known ? toCredits(view.balanceMicro - view.heldMicro - view.committedMicro) : undefined,
  };
}

export async function page(c: AppContext, options: PageOptions, children: Child): Promise<Response> {
  const { title, description = DESCRIPTION, context, narrow, status = 200, script } = options;
  const { settings, origin } = accountPlaneDeps(c);
  const scripts: ScriptName[] = script ? ['shell', script] : ['shell'];
  const frame = (
    <Frame
      title={title}
      description={description}
      brand={settings.BRAND}
      styles={await assetPath('styles')}
      icon={await assetPath('icon')}
      url={origin + c.req.path}
      path={c.req.path}
      viewer={await viewerIn(c, context)}
      narrow={narrow}
      scripts={await Promise.all(scripts.map(assetPath))}
    >
      {children}
    </Frame>
  );
  return new Response(`<!doctype html>${await frame.toString()}`, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': CSP,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
      'x-request-id': requestIdOf(c),
    },
  });
}

/** On pages for everybody: who is signed in sees their own frame around them. */
export async function viewerOf(c: AppContext): Promise<VerbContext | undefined> {
  if (!c.req.header('cookie')) return undefined;
  const viewer = await authorize(c, 'self');
  return viewer.ok ? viewer.value : undefined;
}

const LOST = 'There is nothing at this address. It may have moved, or never have been.';

/** A refusal as a page, with the status that the API would answer. */
export async function refusalPage(c: AppContext, error: GatewayError): Promise<Response> {
  if (error.kind === 'not_signed_in')
    return c.redirect(`/sign-in?next=${encodeURIComponent(new URL(c.req.url).pathname + new URL(c.req.url).search)}`, 303);
  const status = error.status ?? ERRORS[error.kind].status;
  const context = await viewerOf(c).catch(() => undefined);
  const title = status === 404 ? 'Not found' : status >= 500 ? 'Something went wrong' : 'That is not possible';
  return page(
    c,
    { title, context, narrow: true, status },
    <>
      <div class="stack">
        <p class="quiet mono">{status}</p>
        <h1>{title}</h1>
      </div>
      <Notice error={error} />
      <div class="row">
        <a class="button" href={context ? '/usage' : '/'}>
          {context ? 'To your account' : 'To the start'}
        </a>
        <a class="button plain" href="/docs">
          Docs
        </a>
      </div>
      <p class="tiny quiet">
        Request <span class="mono break">{requestIdOf(c)}</span>
      </p>
    </>,
  );
}

export const lostPage = (c: AppContext): Promise<Response> => refusalPage(c, { kind: 'not_found', message: LOST });

/** The query that keeps a form on the wallet that its page is about. */
export const orgQuery = ({ organization }: VerbContext): string => (organization ? `?org=${organization.id}` : '');

/** A form's fields as plain texts. */
export async function fields(c: AppContext): Promise<Record<string, string>> {
  const body = await c.req.parseBody().catch(() => ({}));
  return Object.fromEntries(Object.entries(body).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value.trim()]] : [])));
}
