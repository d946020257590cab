/** What the pages of signing in, up and out share: fields, and texts about mails and expired links. */
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

/** What is wrong with a form; usually about one field. */
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

/** An account may have no password, where people sign in by other means. */
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

/** Said before anybody waits for a mail in vain. */
export const mailNotice = (c: AppContext): string | undefined => (accountPlaneDeps(c).mail ? undefined : NO_MAIL);

export function notMailed(status: number): Wrong {
  if (status === 429) return TOO_OFTEN;
  if (status === 400) return about('email', NO_ADDRESS);
  return status === 503 ? NO_MAIL : 'The mail could not be sent; try again.';
}

/** Mailed links are valid once, for a while. better-auth reports an invalid one by these words in the URL. */
export const USED = /^((invalid|expired)_token|token_expired|attempts_exceeded)$/i;
export const OVER = 'This link was used already, or is too old.';

/** Where to go on, without what an expired link left in the URL. */
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

/** An error about a field. */
export const about = (field: string, words: string): GatewayError => fail('invalid_request', words, { param: field }).error;

const NO_ADDRESS = 'That is no e-mail address.';
const TOO_SHORT = 'The password must have at least 10 characters.';

/** Replaces better-auth's messages that are missing or meant for programmers. */
const SAID: Readonly<Record<string, string>> = {
  EMAIL_NOT_VERIFIED: 'This address is not confirmed yet. A new link to confirm it is on its way to it.',
  INVALID_EMAIL: NO_ADDRESS,
  INVALID_EMAIL_OR_PASSWORD: 'The e-mail address or the password is wrong.',
  PASSWORD_TOO_SHORT: TOO_SHORT,
  PASSWORD_TOO_LONG: 'The password must have at most 200 characters.',
};

/** By the first field that it complains about. */
const UNREAD: Readonly<Record<string, string>> = { email: NO_ADDRESS, password: TOO_SHORT, newPassword: TOO_SHORT };

/** Which form field better-auth's fields and codes belong to. */
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
