/** Google's official client, unmodified: the current major and the one before it, which appends another version to the base URL. */
import { GoogleGenAI } from '@google/genai';
import { GoogleGenAI as GoogleGenAIv1 } from 'google-genai-v1';
import type { Account } from './account';

/** The parts used here are the same in both majors, in types and in behaviour. */
const asThree = (client: typeof GoogleGenAIv1): typeof GoogleGenAI => client as unknown as typeof GoogleGenAI;

export const GENAI = [
  { version: '3.1', Client: GoogleGenAI, appended: '/v1' },
  { version: '1.52', Client: asThree(GoogleGenAIv1), appended: '/v1beta' },
];

/** A client whose base URL is the gateway's origin followed by `base`. */
export const connectGenai = (Client: typeof GoogleGenAI, account: Account, { base = '', apiKey = account.key } = {}): GoogleGenAI =>
  new Client({ apiKey, httpOptions: { baseUrl: account.baseUrl.replace(/\/v1$/, '') + base } });
