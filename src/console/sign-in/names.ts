const LONGEST = 100;

/** Bounded, since the name appears on other people's pages, whoever chose it. */
export const keptName = (name: string): string => Array.from(name.trim()).slice(0, LONGEST).join('');

/** Without a name, as after a mailed link, a person is known by the beginning of their address. */
export const nameOr = (name: string | null | undefined, email: string): string =>
  keptName(name ?? '') || email.slice(0, email.lastIndexOf('@'));
