/** The parts of sign-in that clients and pages use. better-auth documents its other paths. */
import * as z from 'zod';
import { startSsoInput } from '../console/sso/sign-in';
import { type Answer, example, json, query, type RequestBody, type Route } from './describe';
import { FAILURES } from './errors';

const REFERENCE = 'https://www.better-auth.com/docs/concepts/api';
const TEXT = { type: 'string' };
const email = z.email();
const password = z.string().min(10).max(200);
const callbackURL = z.string().optional();

const user = z.looseObject({ id: z.string(), name: z.string(), email: z.string(), emailVerified: z.boolean() });
const status = z.looseObject({ status: z.boolean() });

const route = (method: Route['method'], path: string, id: string, summary: string, answer: Answer, body?: RequestBody): Route => ({
  method,
  path: `/api/auth/${path}`,
  id,
  tag: 'Sign-in',
  summary,
  access: 'public',
  ...(body && { body }),
  answers: { 200: answer },
  errors: ['invalid_request', 'invalid_key', 'permission_denied', 'idempotency_mismatch', 'rate_limited', 'unavailable', 'internal'],
  shape: 'sign-in',
  reference: REFERENCE,
});

const ADDRESS = 'ada@example.com';
const PASSWORD = 'a long enough password';

const passwordRoutes: Route[] = [
  route(
    'post',
    'sign-up/email',
    'signUp',
    'Sign up; a mail asks to confirm the address',
    json('The same whether or not the address was known.', z.looseObject({ token: z.string().nullable(), user })),
    {
      schema: z.looseObject({ name: z.string(), email, password, callbackURL }),
      examples: example('A person', { name: 'Ada', email: ADDRESS, password: PASSWORD }),
    },
  ),
  route(
    'post',
    'sign-in/email',
    'signIn',
    'Sign in: the answer sets the session’s cookie',
    json(
      'The person, or that a second factor is needed.',
      z.looseObject({ user: user.optional(), twoFactorRedirect: z.boolean().optional() }),
    ),
    {
      schema: z.looseObject({ email, password: z.string(), rememberMe: z.boolean().optional(), callbackURL }),
      examples: example('A person', { email: ADDRESS, password: PASSWORD }),
    },
  ),
  route('post', 'sign-out', 'signOut', 'Sign out', json('Nobody is signed in any more.', z.looseObject({ success: z.boolean() })), {
    schema: z.looseObject({}),
    required: false,
    examples: example('Nothing', {}),
  }),
  route(
    'get',
    'get-session',
    'getSession',
    'The session of the cookie',
    json('The session, or `null`.', z.union([z.looseObject({ session: z.looseObject({}), user }), z.null()])),
  ),
  route(
    'post',
    'request-password-reset',
    'requestPasswordReset',
    'Ask for a mail to set a new password',
    json('The same for every address.', status),
    {
      schema: z.looseObject({ email, redirectTo: z.string().optional() }),
      examples: example('A person', { email: ADDRESS, redirectTo: '/reset-password' }),
    },
  ),
  route('post', 'reset-password', 'resetPassword', 'Set a new password, which ends every session', json('It is set.', status), {
    schema: z.looseObject({ newPassword: password, token: z.string() }),
    examples: example('By the token of the mail', { newPassword: PASSWORD, token: '0123456789abcdef' }),
  }),
];

const publicRoute = (
  method: Route['method'],
  path: string,
  id: string,
  summary: string,
  more: Pick<Route, 'answers'> & Partial<Route>,
): Route => ({
  method,
  path: `/api/auth/sso/${path}`,
  id,
  tag: 'Sign-in',
  summary,
  access: 'public',
  permission: 'public',
  errors: [...FAILURES.account],
  ...more,
});

const ON = { description: 'The browser is redirected.', headers: ['location'] } as const;

const ssoRoutes: Route[] = [
  publicRoute('post', 'start', 'startSsoByEmail', 'Where an address signs in', {
    body: { schema: startSsoInput, examples: example('An address', { email: ADDRESS }) },
    answers: { 200: json('The identity provider’s page.', z.object({ providerId: z.string(), url: z.string() })) },
  }),
  publicRoute('get', '{provider}/start', 'startSso', 'To an identity provider', {
    parameters: [query('email', 'Who signs in.', TEXT), query('callbackURL', 'Where to go on afterwards.', TEXT)],
    shape: 'browser',
    answers: { 302: ON },
  }),
  publicRoute('get', '{provider}/metadata', 'getSamlMetadata', 'What a SAML identity provider has to know', {
    answers: { 200: { description: 'The metadata.', others: { 'application/samlmetadata+xml': TEXT } } },
  }),
  publicRoute('get', '{provider}', 'finishOidc', 'Where OpenID Connect sends people back to', {
    parameters: ['code', 'state', 'error', 'error_description'].map((name) => query(name, 'As the identity provider gives it.', TEXT)),
    shape: 'browser',
    answers: { 303: ON },
  }),
  publicRoute('post', '{provider}', 'finishSaml', 'Where SAML sends people back to', {
    body: {
      schema: z.looseObject({ SAMLResponse: z.string(), RelayState: z.string() }),
      types: ['application/x-www-form-urlencoded'],
      examples: {},
    },
    shape: 'browser',
    answers: { 303: ON },
  }),
];

export const signInRoutes: Route[] = [...passwordRoutes, ...ssoRoutes];
