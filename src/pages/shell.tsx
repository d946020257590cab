/** What all pages share: headers, the viewer, and how refusals look. */
import type { Child } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { organizationNamed, organizationsOf } from '../console/me/show';
import { isPermission, permits, ROLES } from '../console/permissions';
import { ERRORS, type GatewayError } from '../core/errors';
import { availableMicro, toCredits } from '../core/money';
import { accountPlaneDeps } from '../http/account-deps';
import { authorize } from '../http/caller';
import { type AppContext, requestIdOf } from '../http/context';
import { assetPath, type ScriptName } from './assets';
import { Frame, isOperators, isOwn, OPERATOR_SIGN_IN, type Viewer, within } from './frame';
import { Notice } from './parts';

const CSP =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const DESCRIPTION =
  'One key and one prepaid wallet in front of every language, image, video and audio model, in the formats of OpenAI, Anthropic and Google.';

export interface PageOptions {
  title: string;
  /** One sentence, for search engines and link previews. */
  description?: string;
  context?: VerbContext | undefined;
  /** A page of the operator's. */
  operator?: boolean;
  narrow?: boolean;
  status?: number;
  /** A script for what forms and links cannot do. */
  script?: ScriptName;
  cookie?: string | undefined;
}

async function viewerIn(c: AppContext, context: VerbContext | undefined): Promise<Viewer | undefined> {
  if (context?.actor.kind !== 'user') return undefined;
  const { account, accountId, db, organization, permissions } = context;
  const [organizations, view] = await Promise.all([
    organizationsOf(db, context.actor.id),
    // The page works without it.
    isOwn(c.req.path)
      ? account(accountId)
          .view()
          .catch(() => undefined)
      : undefined,
  ]);
  const wanted = organization?.id ?? c.req.query('org');
  const asked = organizationNamed(organizations, wanted);
  const org = organization?.id ?? asked?.id;
  const known = view && org === organization?.id ? view : undefined;
  const funds = permissions.has('billing.read') ? known : undefined;
  return {
    name: context.actor.name,
    org,
    role: context.role && organization ? context.role : (asked?.role ?? 'owner'),
    organizations,
    isSuspended: known?.profile.status === 'suspended',
    availableCredits: funds ? toCredits(availableMicro(funds)) : undefined,
    setAsideCredits: funds ? toCredits(funds.heldMicro + funds.committedMicro) : undefined,
  };
}

export async function page(c: AppContext, options: PageOptions, children: Child): Promise<Response> {
  const { title, description = DESCRIPTION, context, operator, narrow, status = 200, script, cookie } = options;
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
      operator={operator}
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
      'request-id': requestIdOf(c),
      ...(cookie !== undefined && { 'set-cookie': cookie }),
    },
  });
}

/** On public pages, signed-in people see their own frame. */
export async function viewerOf(c: AppContext): Promise<VerbContext | undefined> {
  if (!c.req.header('cookie')) return undefined;
  const viewer = await authorize(c, 'self');
  return viewer.ok ? viewer.value : undefined;
}

export const TOO_OFTEN = 'Too many tries; wait a minute.';

const LOST = 'There is nothing at this address. It may have moved, or never have been.';

/** Pages with forms. A form is sent to a path below its page, which is no page itself. */
const WITH_FORMS = [
  '/operator/accounts',
  '/operator/vouchers',
  '/operator/models/catalogue',
  '/manage-api-keys',
  '/settings/organization',
  '/settings/billing',
  '/settings',
  '/infra/deployments/new',
  '/infra/jobs',
  '/infra/webhooks',
  '/invitations/accept',
  '/playground',
] as const;

/** The page with the form that is sent to this path, for the same wallet. */
export function pageOfForm(c: AppContext): string {
  const { pathname, searchParams } = new URL(c.req.url);
  const path = WITH_FORMS.find((one) => pathname === one || pathname.startsWith(`${one}/`)) ?? '/usage';
  // An invitation is identified by its token, which is in the URL of the form's page.
  const referer = c.req.header('referer');
  const from = referer !== undefined && URL.canParse(referer) ? new URL(referer) : undefined;
  if (from && from.origin === accountPlaneDeps(c).origin && from.pathname === path) return path + from.search;
  return within(path, searchParams.get('org') ?? undefined);
}

function toSignIn(c: AppContext): Response {
  const { pathname, search } = new URL(c.req.url);
  if (isOperators(pathname)) return c.redirect(OPERATOR_SIGN_IN, 303);
  const isForm = c.req.method !== 'GET';
  const next = encodeURIComponent(isForm ? pageOfForm(c) : pathname + search);
  return c.redirect(`/sign-in?next=${next}${isForm ? '&lost=1' : ''}`, 303);
}

/** Whom to ask for something that one's role does not allow. */
function askWhom({ details, kind }: GatewayError): string | undefined {
  const permission = kind === 'permission_denied' && details?.permission;
  if (!isPermission(permission)) return undefined;
  const roles = ROLES.filter((role) => permits(role, permission));
  return `Who may: ${roles.join(', ')}. An owner or admin of the organization can change your role.`;
}

/** A refusal as a page, with the status that the API would give. */
export async function refusalPage(c: AppContext, error: GatewayError): Promise<Response> {
  if (error.kind === 'not_signed_in') return toSignIn(c);
  const status = error.status ?? ERRORS[error.kind].status;
  const context = await viewerOf(c).catch(() => undefined);
  const title = status === 404 ? 'Not found' : status >= 500 ? 'Something went wrong' : 'That is not possible';
  const whom = askWhom(error);
  const operator = isOperators(c.req.path);
  const isFramed = operator || (context !== undefined && isOwn(c.req.path));
  // An organization that is gone, or that they left, would not lead out of the error.
  const org = (await viewerIn(c, context).catch(() => undefined))?.org;
  return page(
    c,
    { title, context, operator, narrow: !isFramed, status },
    <>
      <div class="stack">
        <p class="quiet mono">{status}</p>
        <h1>{title}</h1>
      </div>
      {status === 404 ? <p>{error.message}</p> : <Notice error={error} />}
      {whom !== undefined && <p>{whom}</p>}
      <div class="row">
        {operator ? (
          <a class="button" href="/operator">
            To the overview
          </a>
        ) : (
          <a class="button" href={context ? within('/usage', org) : '/'}>
            {context ? 'To your account' : 'To the start'}
          </a>
        )}
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

/** The query that keeps a form on its page's wallet. */
export const orgQuery = ({ organization }: Pick<VerbContext, 'organization'>): string => (organization ? `?org=${organization.id}` : '');

/** Spaces at the beginning or end of a password are part of it, as in the API. */
const AS_TYPED = new Set(['password', 'fresh']);

/** A form's fields as plain texts. */
export async function fields(c: AppContext): Promise<Record<string, string>> {
  const body = await c.req.parseBody().catch(() => ({}));
  const texts = Object.entries(body).filter((field): field is [string, string] => typeof field[1] === 'string');
  return Object.fromEntries(texts.map(([name, value]) => [name, AS_TYPED.has(name) ? value : value.trim()]));
}
