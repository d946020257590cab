/** Where mailed links lead: a button, which a person presses and a scanner of their mailbox does not. */
import type { FC } from 'hono/jsx';
import { MAILED_PAGES } from '../console/sign-in/mailed-links';
import { isSameSite } from '../http/caller';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { fields, refusalPage } from './shell';
import { CROSS_SITE, simpleForm } from './sign-in-parts';

/** better-auth's parameters. */
const KEPT = ['token', 'callbackURL', 'newUserCallbackURL', 'errorCallbackURL'];
const WORDS: Readonly<Record<string, { title: string; button: string }>> = {
  '/sign-in/mailed': { title: 'Sign in', button: 'Sign in' },
  '/sign-up/confirm': { title: 'Confirm your address', button: 'Confirm the address' },
};

const kept = (given: Record<string, string>): [string, string][] =>
  KEPT.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]] as [string, string]]));

const Kept: FC<{ of: Record<string, string> }> = ({ of }) => (
  <>
    {kept(of).map(([name, value]) => (
      <input type="hidden" name={name} value={value} />
    ))}
  </>
);

function buttonPage(c: AppContext, page: string): Promise<Response> {
  const { title, button } = WORDS[page]!;
  return simpleForm(c, title, page, <Kept of={c.req.query()} />, button);
}

async function press(c: AppContext, asks: string): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  return c.redirect(`${asks}?${new URLSearchParams(kept(await fields(c)))}`, 303);
}

export const mailedPages: AccountRoute[] = MAILED_PAGES.flatMap(({ page, asks }): AccountRoute[] => [
  { method: 'GET', path: page, permission: 'public', handle: (c) => buttonPage(c, page) },
  { method: 'POST', path: page, permission: 'public', handle: (c) => press(c, asks) },
]);
