/** What the pages of signing in, up and out share: their fields, and what they say of mail and of links that are over. */
import type { FC } from 'hono/jsx';
import { NO_MAIL } from '../console/sign-in/guards';
import { safePath } from '../console/sign-in/safe-path';
import { fail, type GatewayError } from '../core/errors';
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import { marked } from './form';
import { Notice } from './parts';
import { page, TOO_OFTEN } from './shell';

export const CROSS_SITE = fail('cross_site_request', 'This form was sent from another site.').error;

export const Hidden: FC<{ next: string }> = ({ next }) => <input type="hidden" name="next" value={next} />;

/** What is wrong with a form; most of it is about a field. */
export type Wrong = GatewayError | string | undefined;

export const markedBy = (wrong: Wrong, field: string) => marked(typeof wrong === 'string' ? undefined : wrong, field);

export const Email: FC<{ value?: string | undefined; wrong?: Wrong }> = ({ value, wrong }) => (
  <label>
    E-mail
    <input type="email" name="email" autocomplete="username webauthn" required value={value ?? ''} {...markedBy(wrong, 'email')} />
  </label>
);

export const PersonName: FC<{ value?: string | undefined; wrong?: Wrong }> = ({ value, wrong }) => (
  <label>
    Name
    <input name="name" autocomplete="name" required maxlength={100} value={value ?? ''} {...markedBy(wrong, 'name')} />
  </label>
);

export const FRESH = 'Password, at least 10 characters';

/** One that is there may be none, where people sign in by other means. */
export const Password: FC<{ name?: string; label: string; fresh?: boolean; wrong?: Wrong }> = ({
  name = 'password',
  label,
  fresh,
  wrong,
}) => (
  <label>
    {label}
    <input
      type="password"
      name={name}
      {...markedBy(wrong, name)}
      {...(fresh ? { required: true, minlength: 10, autocomplete: 'new-password' } : { autocomplete: 'current-password' })}
    />
  </label>
);

/** What is said of mail before anybody waits for one. */
export const mailNotice = (c: AppContext): string | undefined => (accountPlaneDeps(c).mail ? undefined : NO_MAIL);

export function notMailed(status: number): Wrong {
  if (status === 429) return TOO_OFTEN;
  if (status === 400) return about('email', NO_ADDRESS);
  return status === 503 ? NO_MAIL : 'The mail could not be sent; try again.';
}

/** A mailed link is good once, and for a while; better-auth leads on with this in the address when it is not. */
export const USED = /^((invalid|expired)_token|token_expired|attempts_exceeded)$/i;
export const OVER = 'This link was used already, or is too old.';

/** Where to go on, without what a link that is over left in the address. */
export function onwardsFrom(path: string | undefined): { next: string; error: string | undefined } {
  const url = new URL(safePath(path), 'http://here.invalid');
  const error = url.searchParams.get('error') ?? undefined;
  url.searchParams.delete('error');
  return { next: url.pathname + url.search + url.hash, error };
}

export const backTo = (next: string): string => `/sign-in?next=${encodeURIComponent(next)}`;

export interface Answer {
  code?: string;
  message?: string;
  twoFactorRedirect?: boolean;
  url?: string;
}

/** Words about a field. */
export const about = (field: string, words: string): GatewayError => fail('invalid_request', words, { param: field }).error;

const NO_ADDRESS = 'That is no e-mail address.';
const TOO_SHORT = 'The password must have at least 10 characters.';

/** What better-auth's words leave out, or say in those of a program. */
const SAID: Readonly<Record<string, string>> = {
  EMAIL_NOT_VERIFIED: 'This address is not confirmed yet. A new link to confirm it is on its way to it.',
  INVALID_EMAIL: NO_ADDRESS,
  PASSWORD_TOO_SHORT: TOO_SHORT,
  PASSWORD_TOO_LONG: 'The password must have at most 200 characters.',
};

/** By the first field that it complains about. */
const UNREAD: Readonly<Record<string, string>> = { email: NO_ADDRESS, password: TOO_SHORT, newPassword: TOO_SHORT };

/** The fields of forms that its own fields, and its codes, are about. */
const FIELDS: readonly [code: RegExp, field: string][] = [
  [/password/i, 'password'],
  [/email/i, 'email'],
];

export function saidBy({ code = '', message }: Answer): GatewayError {
  const [, field = ''] = /^\[body\.(\w+)\]/.exec(message ?? '') ?? [];
  const words = SAID[code] ?? UNREAD[field] ?? message ?? 'That did not work; try again.';
  return about(FIELDS.find(([one]) => one.test(field || code))?.[1] ?? field, words);
}

export function simpleForm(
  c: AppContext,
  title: string,
  action: string,
  children: ReturnType<FC>,
  button: string,
  error?: Wrong,
  message?: string,
) {
  return page(
    c,
    { title, narrow: true, status: error ? 400 : 200 },
    <>
      <h1>{title}</h1>
      <Notice error={error} message={message} />
      <form method="post" action={action}>
        {children}
        <button type="submit">{button}</button>
      </form>
    </>,
  );
}
