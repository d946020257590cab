/** What only the account plane is configured by, read when that is first asked for, so that calls never wait for it. */
import * as z from 'zod';
import type { AuthSecrets } from './core/sealed';
import { type Bindings, publicUrl } from './env';
import { readVariables } from './read-variables';

/** Optional bindings; see wrangler.toml. */
export interface AccountPlaneBindings extends Bindings {
  /** Cloudflare's e-mail binding. */
  EMAIL?: SendEmail;
  /** Takes the mails of a local run; see scripts/lib/mail-sink.mjs. */
  MAIL_SINK?: Fetcher;
}

const text = z.string().optional();

const schema = z.object({
  /** Signs sessions, and encrypts second factors and client secrets; at least 32 characters. */
  AUTH_SECRET: z.string().min(32),
  /** The one before it, for as long as something may be encrypted with that. */
  AUTH_SECRET_PREVIOUS: z.string().min(32).optional(),
  /** The public URL for links in mails; the host of the request by default. */
  PUBLIC_URL: publicUrl,
  BRAND: z.string().max(40).default('Hypereal'),
  /** Who may sign up: everybody, who is invited to an organization or comes by its single sign-on, or nobody. */
  SIGN_UP: z.enum(['open', 'invited', 'closed']).default('open'),
  /** The sender of mails: `Gateway <no-reply@example.com>`. */
  MAIL_FROM: text,
  RESEND_API_KEY: text,
  RESEND_URL: z.url().default('https://api.resend.com'),
  /** Who is told when something is wrong with the gateway: addresses, separated by commas. */
  OPERATOR_EMAIL: z
    .string()
    .regex(/^[^\s@,]+@[^\s@,]+(?:\s*,\s*[^\s@,]+@[^\s@,]+)*$/, 'must be e-mail addresses, separated by commas')
    .transform((list) => list.split(/\s*,\s*/))
    .default([]),
  GITHUB_CLIENT_ID: text,
  GITHUB_CLIENT_SECRET: text,
  GOOGLE_CLIENT_ID: text,
  GOOGLE_CLIENT_SECRET: text,
  STRIPE_SECRET_KEY: text,
  STRIPE_WEBHOOK_SECRET: text,
  STRIPE_URL: z.url().default('https://api.stripe.com'),
  /** Asked for the TXT records that prove who owns a domain (RFC 8484's JSON form). */
  DNS_URL: z.url().default('https://cloudflare-dns.com/dns-query'),
  /** May identity providers be at private addresses? Allowed in a local run. */
  PRIVATE_ADDRESSES: z.enum(['refused', 'allowed']).default('refused'),
  /** In a local run, identity providers may be on this machine. */
  LOCAL: z.enum(['0', '1']).default('0'),
  /** `0` in tests that sign in more often than a person would. */
  SIGN_IN_LIMITS: z.enum(['0', '1']).default('1'),
});

export type AccountSettings = z.infer<typeof schema>;

/** What may have encrypted something, the present secret first: with that alone is anything encrypted anew. */
export const authSecrets = ({
  AUTH_SECRET,
  AUTH_SECRET_PREVIOUS,
}: Pick<AccountSettings, 'AUTH_SECRET' | 'AUTH_SECRET_PREVIOUS'>): AuthSecrets =>
  AUTH_SECRET_PREVIOUS === undefined || AUTH_SECRET_PREVIOUS === AUTH_SECRET ? [AUTH_SECRET] : [AUTH_SECRET, AUTH_SECRET_PREVIOUS];

export const readAccountSettings = (env: unknown): AccountSettings => readVariables(schema, env);
