/** The frame around every page: navigation, and whose wallet the page is about. */
import type { Child, FC } from 'hono/jsx';
import { type Permission, permits, type Role } from '../console/permissions';
import { dollars } from './parts';

/** Links with the permission that their page needs; without it the link is not shown. */
type Links = readonly (readonly [path: string, label: string, permission?: Permission])[];

const EVERYBODYS: Links = [
  ['/models', 'Models'],
  ['/pricing', 'Pricing'],
  ['/playground', 'Playground'],
  ['/docs', 'Docs'],
];

const WALLETS: Links = [
  ['/usage', 'Usage', 'usage.read'],
  ['/infra/jobs', 'Jobs', 'jobs.read'],
  ['/infra/webhooks', 'Webhooks', 'webhooks.read'],
  ['/manage-api-keys', 'API keys', 'keys.read'],
  ['/settings/billing', 'Billing', 'billing.read'],
  ['/infra/deployments/new', 'Deployments', 'deployments.read'],
  ['/settings/organization', 'Organization', 'organization.read'],
  ['/settings/audit', 'Audit log', 'audit.read'],
];

const PERSONS: Links = [['/settings', 'Settings']];

const OPERATORS: Links = [
  ['/operator', 'Overview'],
  ['/operator/accounts', 'Accounts'],
  ['/operator/models', 'Models'],
  ['/operator/vouchers', 'Vouchers'],
  ['/operator/audit', 'Audit log'],
];

export const OPERATOR_SIGN_IN = '/operator/sign-in';

export const isOperators = (path: string): boolean => /^\/operator(\/|$)/.test(path);

const FURTHER: Links = [
  ['/docs/api', 'API reference'],
  ['/sdk', 'SDKs'],
  ['/docs/infra', 'Your own GPUs'],
  ['/gpu-recommend', 'Which GPU'],
  ['/status', 'Status'],
];

/** Pages about an account, which are shown beside the account's navigation. */
export const isOwn = (path: string): boolean => /^\/(usage|manage-api-keys|settings|infra)(\/|$)/.test(path);

/** The same page for another wallet. */
export const within = (path: string, org: string | undefined): string =>
  org === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}org=${encodeURIComponent(org)}`;

export interface Viewer {
  name: string;
  org: string | undefined;
  /** The viewer's role, `owner` in their own wallet. */
  role: Role;
  organizations: { id: string; name: string }[];
  /** Whether the operator suspended the wallet that the page is about. */
  isSuspended: boolean;
  /** Of the wallet that the page is about; undefined if the viewer may not know. */
  availableCredits: number | undefined;
  /** Held for calls under way and set aside for deployments: in the wallet but not spendable. */
  setAsideCredits: number | undefined;
}

interface FrameProps {
  title: string;
  description: string;
  brand: string;
  styles: string;
  icon: string;
  url: string;
  path: string;
  viewer?: Viewer | undefined;
  operator?: boolean | undefined;
  narrow?: boolean | undefined;
  scripts: string[];
  children?: Child;
}

const LinkList: FC<{ links: Links; path: string; org?: string | undefined }> = ({ links, path, org }) => (
  <>
    {links.map(([href, label]) => (
      <a href={within(href, org)} {...(current(href, path) && { 'aria-current': 'page' })}>
        {label}
      </a>
    ))}
  </>
);

/** A page below an entry counts as that entry, unless it has one of its own. */
const current = (href: string, path: string): boolean =>
  href === path ||
  (['/models', '/usage', '/docs', '/operator/accounts', '/operator/models', '/operator/vouchers'].includes(href) &&
    path.startsWith(`${href}/`));

/** The logo: many lines that become one. */
const Mark: FC = () => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" aria-hidden="true">
    <path d="M3 5h4.5c4 0 4 7 8 7H21M3 12h18M3 19h4.5c4 0 4-7 8-7" />
  </svg>
);

const Wallets: FC<{ viewer: Viewer; path: string }> = ({ viewer: { org, organizations, availableCredits, setAsideCredits = 0 }, path }) => {
  const name = organizations.find(({ id }) => id === org)?.name ?? 'Personal';
  // A single call or invitation belongs to one wallet, so for another wallet the link leads to the list.
  const at = path.startsWith('/usage/') ? '/usage' : path;
  return (
    <details class="menu">
      <summary>
        <span>
          <span class="unseen">Wallet:</span>
          <span class="strong" title={name}>
            {name}
          </span>
          {availableCredits !== undefined && <span class="tiny quiet">{dollars(availableCredits)} left</span>}
          {setAsideCredits > 0 && <span class="tiny quiet">{dollars(setAsideCredits)} held or set aside</span>}
        </span>
      </summary>
      <nav aria-label="Wallets">
        <a href={at} {...(org === undefined && { 'aria-current': 'page' })}>
          Personal
        </a>
        {organizations.map(({ id, name }) => (
          <a href={within(at, id)} {...(org === id && { 'aria-current': 'page' })}>
            {name}
          </a>
        ))}
        <a href="/settings/organization">New organization …</a>
      </nav>
    </details>
  );
};

const Side: FC<{ viewer: Viewer; path: string }> = ({ viewer, path }) => (
  <aside class="side" aria-label="Account">
    <div>
      <Wallets viewer={viewer} path={path} />
      <div class="strip">
        <nav aria-label="Wallet">
          <LinkList links={WALLETS.filter(([, , asked]) => !asked || permits(viewer.role, asked))} path={path} org={viewer.org} />
        </nav>
        <nav aria-label="You">
          <LinkList links={PERSONS} path={path} org={viewer.org} />
        </nav>
      </div>
    </div>
  </aside>
);

const OperatorSide: FC<{ path: string }> = ({ path }) => (
  <aside class="side" aria-label="Operator">
    <div>
      <p class="strong wide-only">This gateway</p>
      <div class="strip">
        <nav aria-label="Gateway">
          <LinkList links={OPERATORS} path={path} />
        </nav>
      </div>
    </div>
  </aside>
);

const SignOut: FC<{ action: string }> = ({ action }) => (
  <form class="inline" method="post" action={action}>
    <button type="submit" class="link quiet">
      Sign out
    </button>
  </form>
);

interface HeaderProps {
  brand: string;
  path: string;
  viewer: Viewer | undefined;
  operator: boolean;
}

const Header: FC<HeaderProps> = ({ brand, path, viewer, operator }) => (
  <header class="bar">
    <div>
      <a class="brand" href={within('/', viewer?.org)}>
        <Mark />
        {brand}
      </a>
      <nav aria-label="Main">
        <LinkList links={EVERYBODYS} path={path} org={viewer?.org} />
      </nav>
      <div class="end">
        {operator ? (
          <>
            <span>Operator</span>
            <SignOut action="/operator/sign-out" />
          </>
        ) : viewer ? (
          <>
            <span title={viewer.name}>{viewer.name}</span>
            {!isOwn(path) && <a href={within('/usage', viewer.org)}>Dashboard</a>}
            <SignOut action="/sign-out" />
          </>
        ) : (
          <>
            <a href="/sign-in">Sign in</a>
            <a class="button" href="/sign-up">
              Get a key
            </a>
          </>
        )}
      </div>
    </div>
  </header>
);

const Head: FC<Omit<FrameProps, 'viewer' | 'operator' | 'narrow' | 'children' | 'path'>> = (props) => {
  const { title, description, brand, styles, icon, url, scripts } = props;
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{`${title} · ${brand}`}</title>
      <meta name="description" content={description} />
      <meta name="color-scheme" content="light dark" />
      <meta name="theme-color" content="#faf9f6" media="(prefers-color-scheme: light)" />
      <meta name="theme-color" content="#131417" media="(prefers-color-scheme: dark)" />
      <meta property="og:type" content="website" />
      <meta property="og:site_name" content={brand} />
      <meta property="og:title" content={title} />
      <meta property="og:description" content={description} />
      <meta property="og:url" content={url} />
      <meta name="twitter:card" content="summary" />
      <link rel="stylesheet" href={styles} />
      <link rel="icon" type="image/svg+xml" href={icon} />
      {scripts.map((script) => (
        <script type="module" src={script} />
      ))}
    </head>
  );
};

export const Frame: FC<FrameProps> = ({ path, viewer, operator = false, narrow, children, ...head }) => {
  const side = operator ? <OperatorSide path={path} /> : viewer && isOwn(path) ? <Side viewer={viewer} path={path} /> : undefined;
  const main = (
    <main id="main" tabindex={-1} class={narrow ? 'narrow' : ''}>
      {viewer?.isSuspended && (
        <p class="notice bad">
          This wallet is suspended: its keys are refused, and nothing of it can be changed. Ask the operator of this gateway.
        </p>
      )}
      {children}
    </main>
  );
  return (
    <html lang="en">
      <Head {...head} />
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <Header brand={head.brand} path={path} viewer={viewer} operator={operator} />
        {side && !narrow ? (
          <div class="frame">
            {side}
            {main}
          </div>
        ) : (
          main
        )}
        <footer class="foot">
          <div>
            <nav aria-label="Further">
              <LinkList links={FURTHER} path={path} org={viewer?.org} />
            </nav>
            <span>100 credits are 1 USD</span>
          </div>
        </footer>
      </body>
    </html>
  );
};
