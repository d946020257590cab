// The commands for what AUTH_SECRET encrypts.
import { given } from './given.mjs';
import { table } from './print.mjs';

/** The gateway does a part of it per request. Somebody's app and recovery codes are one second factor. */
async function reseal(api) {
  let resealed = 0;
  const unreadable = new Map();
  let cursor;
  do {
    const part = await api.reseal(given({ cursor }));
    resealed += part.resealed;
    for (const one of part.unreadable) unreadable.set(`${one.what} ${one.of}`, one);
    cursor = part.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return { resealed, unreadable: [...unreadable.values()] };
}

const WHAT = { second_factor: 'second factor', client_secret: 'client secret of single sign-on' };

const UNREADABLE_COLUMNS = [
  ['What', ({ what }) => WHAT[what]],
  ['Of', ({ of }) => of],
];

export const SIGN_IN_COMMANDS = [
  {
    name: 'reseal',
    notes: 'encrypts with AUTH_SECRET what AUTH_SECRET_PREVIOUS encrypted; exit code 1 when something opens with neither',
    run: reseal,
    failed: ({ unreadable }) => unreadable.length > 0,
    show: ({ resealed, unreadable }) =>
      unreadable.length === 0
        ? `Encrypted anew: ${resealed}. AUTH_SECRET opens everything.`
        : `Encrypted anew: ${resealed}. Opens with neither secret: ${unreadable.length}\n\n${table(UNREADABLE_COLUMNS, unreadable)}`,
  },
  {
    name: 'second-factor remove',
    operands: ['E-MAIL'],
    notes: 'for who has no code any more: be sure that it is them who asks',
    run: (api, { operands: [email] }) => api.removeSecondFactor(email),
    show: ({ email }) => `${email} signs in without a second factor, until they set one up again.`,
  },
];
