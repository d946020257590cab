const LONGEST = 100;

/** It stands on the pages of others, whoever or whatever chose it. */
export const keptName = (name: string): string => Array.from(name.trim()).slice(0, LONGEST).join('');

/** Who comes in by a mailed link, or by a provider that does not say, is known by the beginning of their address. */
export const nameOr = (name: string | null | undefined, email: string): string =>
  keptName(name ?? '') || email.slice(0, email.lastIndexOf('@'));
