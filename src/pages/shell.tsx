/** What every page shares: the frame, the headers, and how a refusal looks. */
import type { Child, FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { organizationsOf } from '../console/me/show';
import { ERRORS, type GatewayError } from '../core/errors';
import { accountPlaneDeps } from '../http/account-deps';
import { authorize } from '../http/caller';
import { type AppContext, requestIdOf } from '../http/context';
import { assetPath, type ScriptName } from './assets';

const CSP =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

type Links = readonly (readonly [path: string, label: string])[];

const EVERYBODYS: Links = [
  ['/models', 'Models'],
  ['/playground', 'Playground'],
  ['/docs', 'Docs'],
];

const OWN: Links = [
  ['/manage-api-keys', 'Keys'],
  ['/usage', 'Usage'],
  ['/settings/billing', 'Billing'],
  ['/settings/organization', 'Organization'],
  ['/settings', 'Settings'],
];

const FURTHER: Links = [
  ['/sdk', 'SDKs'],
  ['/docs/infra', 'Your own GPUs'],
  ['/gpu-recommend', 'Which GPU'],
  ['/status', 'Status'],
];

const LinkList: FC<{ links: Links; path: string; org?: string | undefined }> = ({ links, path, org }) => (
  <>
    {links.map(([href, label]) => (
      <a href={within(href, org)} {...(href === path && { 'aria-current': 'page' })}>
        {label}
      </a>
    ))}
  </>
);

interface FrameProps {
  title: string;
  brand: string;
  styles: string;
  path: string;
  viewer?: Viewer | undefined;
  narrow?: boolean | undefined;
  script?: string | undefined;
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

const Frame: FC<FrameProps> = ({ title, brand, styles, path, viewer, narrow, script, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{`${title} · ${brand}`}</title>
      <link rel="stylesheet" href={styles} />
      <link rel="icon" href="data:," />
      {script !== undefined && <script type="module" src={script} />}
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
          <LinkList links={EVERYBODYS} path={path} />
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
      {viewer && (
        <div class="bar second">
          <nav aria-label="Your account">
            <LinkList links={OWN} path={path} org={viewer.org} />
          </nav>
        </div>
      )}
      <main id="main" class={narrow ? 'narrow' : ''}>
        {children}
      </main>
      <footer>
        <nav aria-label="Further">
          <LinkList links={FURTHER} path={path} />
        </nav>
      </footer>
    </body>
  </html>
);

export interface PageOptions {
  title: string;
  context?: VerbContext | undefined;
  narrow?: boolean;
  status?: number;
  /** What the page can do beyond forms and links. */
  script?: ScriptName;
}

export async function page(
  c: AppContext,
  { title, context, narrow, status = 200, script }: PageOptions,
  children: Child,
): Promise<Response> {
  const viewer: Viewer | undefined =
    context?.actor.kind === 'user'
      ? { name: context.actor.name, org: context.organization?.id, organizations: await organizationsOf(context.db, context.actor.id) }
      : undefined;
  const brand = accountPlaneDeps(c).settings.BRAND;
  const frame = (
    <Frame
      title={title}
      brand={brand}
      styles={await assetPath('styles')}
      path={c.req.path}
      viewer={viewer}
      narrow={narrow}
      script={script && (await assetPath(script))}
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

/** Figures stand under the end of their heading. */
export const Headings: FC<{ of: string[]; figures?: string[] }> = ({ of, figures = [] }) => (
  <thead>
    <tr>
      {of.map((heading) => (
        <th scope="col" class={figures.includes(heading) ? 'number' : ''}>
          {heading}
        </th>
      ))}
    </tr>
  </thead>
);

/** Text to be copied; it scrolls by keyboard too. */
export const Code: FC<{ children?: Child; label: string; template?: string }> = ({ children, label, template }) => (
  <section class="code" tabindex={0} aria-label={label}>
    <pre>
      <code {...(template !== undefined && { 'data-template': template })}>{children}</code>
    </pre>
  </section>
);

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
