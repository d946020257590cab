/** The official client, unmodified: the current major and the one before it. */
import OpenAI from 'openai';
import { zodResponseFormat as zodResponseFormat7 } from 'openai/helpers/zod';
import OpenAIv6 from 'openai-v6';
import { zodResponseFormat as zodResponseFormat6 } from 'openai-v6/helpers/zod';
import type { Account } from './account';

type Sdk = typeof OpenAI;

/** The parts used here are the same in both majors, in types and in behaviour. */
const asSeven = (client: typeof OpenAIv6): Sdk => client as unknown as Sdk;
const helperAsSeven = (helper: typeof zodResponseFormat6) => helper as unknown as typeof zodResponseFormat7;

export const MAJORS = [
  { major: 7, Client: OpenAI, zodResponseFormat: zodResponseFormat7 },
  { major: 6, Client: asSeven(OpenAIv6), zodResponseFormat: helperAsSeven(zodResponseFormat6) },
];

/** A client of the account that records what it really sends. */
export function connect(Client: Sdk, account: Account, options: ConstructorParameters<Sdk>[0] = {}) {
  const sent: string[] = [];
  const client = new Client({
    apiKey: account.key,
    baseURL: account.baseUrl,
    fetch: (url, init) => {
      sent.push(typeof init?.body === 'string' ? init.body : '');
      return fetch(url, init);
    },
    ...options,
  });
  return { client, sent };
}

export const messages = [{ role: 'user' as const, content: 'Say something.' }];
