/** What every page shares: the frame, the headers, and how a refusal looks. */
import type { Child, FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { organizationsOf } from '../console/me/show';
import { ERRORS, type GatewayError } from '../core/errors';
import { sha256Hex } from '../core/hex';
import { accountPlaneDeps } from '../http/account-deps';
import { type AppContext, requestIdOf } from '../http/context';
import { STYLES } from './styles';

const CSP =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

let stylesPath: Promise<string> | undefined;

/** Named by its content, so that it can be kept for good. */
const pathOfStyles = (): Promise<string> => {
  stylesPath ??= sha256Hex(STYLES).then((hash) => `/assets/${hash.slice(0, 12)}.css`);
  return stylesPath;
};

export const serveStyles = (): Response =>
  new Response(STYLES, { headers: { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable' } });

const LINKS: [path: string, label: string][] = [
  ['/manage-api-keys', 'Keys'],
  ['/usage', 'Usage'],
  ['/settings/billing', 'Billing'],
  ['/settings/organization', 'Organization'],
  ['/settings', 'Settings'],
];

interface FrameProps {
  title: string;
  brand: string;
  styles: string;
  path: string;
  viewer?: Viewer | undefined;
  narrow?: boolean | undefined;
  children?: Child;
}

interface Viewer {
  name: string;
  org: string | undefined;
  organizations: { id: string; name: string }[];
}

/** The same page about another wallet. */
const within = (path: string, org: string | undefined): string => (org === undefined ? path : `${path}?org=${org}`);

const Wallets: FC<{ viewer: Viewer; path: string }> = ({ viewer, path }) => (
  <nav aria-label="Wallet">
    <a href={path} {...(viewer.org === undefined && { 'aria-current': 'true' })}>
      Personal
    </a>
    {viewer.organizations.map(({ id, name }) => (
      <a href={within(path, id)} {...(viewer.org === id && { 'aria-current': 'true' })}>
        {name}
      </a>
    ))}
  </nav>
);

const Frame: FC<FrameProps> = ({ title, brand, styles, path, viewer, narrow, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{`${title} · ${brand}`}</title>
      <link rel="stylesheet" href={styles} />
      <link rel="icon" href="data:," />
    </head>
    <body>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="bar">
        <a class="brand" href="/">
          {brand}
        </a>
        <nav aria-label="Main">
          {viewer ? (
            LINKS.map(([href, label]) => (
              <a href={within(href, viewer.org)} {...(href === path && { 'aria-current': 'page' })}>
                {label}
              </a>
            ))
          ) : (
            <a href="/models" {...(path === '/models' && { 'aria-current': 'page' })}>
              Models
            </a>
          )}
        </nav>
        <div class="end">
          {viewer ? (
            <>
              {viewer.organizations.length > 0 && <Wallets viewer={viewer} path={path} />}
              <span>{viewer.name}</span>
              <form class="inline" method="post" action="/sign-out">
                <button type="submit" class="link">
                  Sign out
                </button>
              </form>
            </>
          ) : (
            <a href="/sign-in">Sign in</a>
          )}
        </div>
      </header>
      <main id="main" class={narrow ? 'narrow' : ''}>
        {children}
      </main>
    </body>
  </html>
);

export interface PageOptions {
  title: string;
  context?: VerbContext | undefined;
  narrow?: boolean;
  status?: number;
}

export async function page(c: AppContext, { title, context, narrow, status = 200 }: PageOptions, children: Child): Promise<Response> {
  const viewer: Viewer | undefined =
    context?.actor.kind === 'user'
      ? { name: context.actor.name, org: context.organization?.id, organizations: await organizationsOf(context.db, context.actor.id) }
      : undefined;
  const brand = accountPlaneDeps(c).settings.BRAND;
  const frame = (
    <Frame title={title} brand={brand} styles={await pathOfStyles()} path={c.req.path} viewer={viewer} narrow={narrow}>
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

export const Notice: FC<{ error?: GatewayError | string | undefined; message?: string | undefined }> = ({ error, message }) => {
  if (error !== undefined)
    return (
      <p class="notice bad" role="alert">
        {typeof error === 'string' ? error : error.message}
      </p>
    );
  return message === undefined ? null : (
    <p class="notice" role="status">
      {message}
    </p>
  );
};

/** A refusal as a page, with the status that the API would answer. */
export function refusalPage(c: AppContext, error: GatewayError): Promise<Response> | Response {
  if (error.kind === 'not_signed_in')
    return c.redirect(`/sign-in?next=${encodeURIComponent(new URL(c.req.url).pathname + new URL(c.req.url).search)}`, 303);
  return page(
    c,
    { title: 'Not possible', narrow: true, status: error.status ?? ERRORS[error.kind].status },
    <>
      <h1>That is not possible</h1>
      <Notice error={error} />
      <p class="small quiet">
        Request <span class="mono">{requestIdOf(c)}</span>
      </p>
      <a href="/usage">Back to your account</a>
    </>,
  );
}

/** The query that keeps a form on the wallet that its page is about. */
export const orgQuery = ({ organization }: VerbContext): string => (organization ? `?org=${organization.id}` : '');

export const credits = (amount: number): string =>
  amount.toLocaleString('en', { maximumFractionDigits: Math.abs(amount) < 1 && amount !== 0 ? 6 : 2 });

export const Time: FC<{ at: string }> = ({ at }) => <time datetime={at}>{at.slice(0, 16).replace('T', ' ')}</time>;

/** A form's fields as plain texts. */
export async function fields(c: AppContext): Promise<Record<string, string>> {
  const body = await c.req.parseBody().catch(() => ({}));
  return Object.fromEntries(Object.entries(body).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value.trim()]] : [])));
}
