/** The mails about signing in. Links are valid once and for a short while. */
import type { Mail } from '../../mail/mail';

type Worded = Omit<Mail, 'to' | 'idempotencyKey'>;

export const verifyMail = (brand: string, url: string): Worded => ({
  subject: `Confirm your e-mail address for ${brand}`,
  paragraphs: [
    `Somebody, hopefully you, signed up for ${brand} with this address.`,
    'If it was not you, there is nothing to do: without this link the account stays closed.',
  ],
  action: { label: 'Confirm the address', url },
});

export const magicLinkMail = (brand: string, url: string): Worded => ({
  subject: `Your sign-in link for ${brand}`,
  paragraphs: ['This link signs you in. It works once, within five minutes.', 'If you did not ask for it, ignore this mail.'],
  action: { label: 'Sign in', url },
});

export const resetMail = (brand: string, url: string): Worded => ({
  subject: `Set a new password for ${brand}`,
  paragraphs: ['This link sets a new password and signs you out everywhere else.', 'If you did not ask for it, ignore this mail.'],
  action: { label: 'Set a new password', url },
});

/** To somebody who signs up with an address that already has an account, which the screen must not reveal. */
export const existingMail = (brand: string, url: string): Worded => ({
  subject: `You already have an account at ${brand}`,
  paragraphs: [`Somebody, hopefully you, tried to sign up for ${brand} with this address, which has an account.`],
  action: { label: 'Sign in instead', url },
});
