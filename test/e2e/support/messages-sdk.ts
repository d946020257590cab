/** The official Anthropic client, unmodified: the current major, and the one that still sends `x-api-key`. */
import Anthropic from '@anthropic-ai/sdk';
import AnthropicV0 from 'anthropic-sdk-v0';
import type { Account } from './account';

type Sdk = typeof Anthropic;

/** The parts used here are the same in both majors, in types and in behaviour. */
const asOne = (client: typeof AnthropicV0): Sdk => client as unknown as Sdk;

export const MAJORS = [
  { major: 1, Client: Anthropic },
  { major: 0, Client: asOne(AnthropicV0) },
];

/** A client of the account that records what it really sends; it appends `/v1/messages` to its base. */
export function connect(Client: Sdk, account: Account, options: ConstructorParameters<Sdk>[0] = {}) {
  const sent: { url: string; body: string; headers: Headers }[] = [];
  const client = new Client({
    apiKey: account.key,
    baseURL: account.baseUrl.replace(/\/v1$/, ''),
    fetch: (url: string | URL | Request, init?: RequestInit) => {
      sent.push({ url: String(url), body: typeof init?.body === 'string' ? init.body : '', headers: new Headers(init?.headers) });
      return fetch(url, init);
    },
    ...options,
  });
  return { client, sent };
}

export const messages = [{ role: 'user' as const, content: 'Say something.' }];
export const max_tokens = 1_024;
