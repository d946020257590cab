/**
 * What scanners of mailboxes do with a link: they open it, before the person does. A link that acts when it is opened
 * would be used up by then, with the session in the scanner's hands, so mails lead to pages with a button instead.
 */
const API = '/api/auth';

/** The pages, by what their buttons ask for. */
const PAGES: Readonly<Record<string, string>> = {
  [`${API}/magic-link/verify`]: '/sign-in/mailed',
  [`${API}/verify-email`]: '/sign-up/confirm',
};

/** Where a mail leads, in place of where better-auth would have it lead. */
export function mailedLink(url: string): string {
  const { origin, pathname, search } = new URL(url);
  const page = PAGES[pathname];
  return page === undefined ? url : origin + page + search;
}

export const MAILED_PAGES = Object.entries(PAGES).map(([asks, page]) => ({ asks, page }));
