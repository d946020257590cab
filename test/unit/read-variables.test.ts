import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/env';
import { readAccountSettings } from '../../src/env-account';

const KEY_MAC_SECRET = 'x'.repeat(32);
const AUTH_SECRET = 'x'.repeat(32);

describe('a variable with nothing in it', () => {
  it.each(['', ' ', '\n'])('is as good as none: %j', (blank) => {
    const names = ['KEY_MAC_SECRET_PREVIOUS', 'ADMIN_TOKEN', 'PUBLIC_URL', 'RESULT_RETENTION_DAYS', 'BODY_LIMIT_BYTES', 'LOCAL'];
    const env = { KEY_MAC_SECRET, ...Object.fromEntries(names.map((name) => [name, blank])) };
    expect(readSettings(env)).toEqual(readSettings({ KEY_MAC_SECRET }));
    const account = { AUTH_SECRET, MAIL_FROM: blank, BRAND: blank, STRIPE_SECRET_KEY: blank, SIGN_UP: blank };
    expect(readAccountSettings(account)).toEqual(readAccountSettings({ AUTH_SECRET }));
    expect(() => readSettings({ KEY_MAC_SECRET: blank })).toThrow('KEY_MAC_SECRET is not usable: it is needed, and is not set');
  });
});

describe('a variable that is not usable', () => {
  it.each<[Record<string, string>, string]>([
    [{}, 'KEY_MAC_SECRET is not usable: it is needed, and is not set'],
    [{ KEY_MAC_SECRET: 'secret' }, 'KEY_MAC_SECRET is not usable: it must have at least 32 characters'],
    [{ KEY_MAC_SECRET, LOCAL: 'yes' }, 'LOCAL is not usable: it must be 0 or 1'],
    [
      { KEY_MAC_SECRET, PUBLIC_URL: 'gateway.example' },
      'PUBLIC_URL is not usable: it must be a whole URL, such as https://gateway.example.com',
    ],
    [{ KEY_MAC_SECRET, BEAT_MS: 'soon' }, 'BEAT_MS is not usable: it must be a whole number'],
    [{ KEY_MAC_SECRET, BEAT_MS: '1.5' }, 'BEAT_MS is not usable: it must be a whole number'],
    [{ KEY_MAC_SECRET, BEAT_MS: '0' }, 'BEAT_MS is not usable: it must be above 0'],
    [{ KEY_MAC_SECRET, RESULT_RETENTION_DAYS: '-1' }, 'RESULT_RETENTION_DAYS is not usable: it must be at least 0'],
    [{ KEY_MAC_SECRET, CATALOGUE_WAIT_MS: '9000' }, 'CATALOGUE_WAIT_MS is not usable: it must be at most 5000'],
  ])('is told with what it must be: %o', (env, words) => {
    expect(() => readSettings(env)).toThrow(new Error(`The variable ${words}`));
  });

  it.each<[Record<string, string>, string]>([
    [{}, 'AUTH_SECRET is not usable: it is needed, and is not set'],
    [{ AUTH_SECRET, SIGN_UP: 'maybe' }, 'SIGN_UP is not usable: it must be open, invited or closed'],
    [{ AUTH_SECRET, BRAND: 'x'.repeat(41) }, 'BRAND is not usable: it must have at most 40 characters'],
  ])('of the account plane too: %o', (env, words) => {
    expect(() => readAccountSettings(env)).toThrow(new Error(`The variable ${words}`));
  });
});
