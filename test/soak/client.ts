/** A client of one format that reads its stream to the end or leaves in the middle. */
import { type ClientRequest, request } from 'node:http';
import type { Account } from '../e2e/support/account';
import { endingOf, type Format } from './formats';
import type { Random } from './random';

export interface Client {
  number: number;
  format: Format;
  account: Account;
  raw?: string;
  ending?: 'complete' | 'error' | 'broken' | 'left';
  /** From the stream's own last usage. */
  chargedMicro?: number;
}

const promptOf = (number: number): string => `call-${number}- Say some words.`;

/** The path below the gateway's address, and the body. */
function requestOf({ format, number }: Client): { path: string; body: object } {
  const model = `soak-${format}`;
  const text = promptOf(number);
  const messages = [{ role: 'user', content: text }];
  switch (format) {
    case 'openai-chat':
      return { path: '/v1/chat/completions', body: { model, stream: true, messages } };
    case 'openai-responses':
      return { path: '/v1/responses', body: { model, stream: true, input: text } };
    case 'anthropic-messages':
      return { path: '/v1/messages', body: { model, stream: true, max_tokens: 1_000, messages } };
    case 'gemini':
      return { path: `/v1beta/models/${model}:streamGenerateContent?alt=sse`, body: { contents: [{ role: 'user', parts: [{ text }] }] } };
  }
}

/** Two clients in ten leave: some with a reset, as a killed process does, some with an orderly close. */
export async function runClient(client: Client, random: Random): Promise<void> {
  const { path, body } = requestOf(client);
  const leavesAfterMs = random.next() < 0.2 ? random.between(5, 800) : undefined;
  const text = JSON.stringify(body);
  const sent = request(new URL(path, client.account.baseUrl), {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${client.account.key}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    },
  });
  const read = readAnswer(sent);
  const timer = leavesAfterMs === undefined ? undefined : setTimeout(() => leave(sent, random), leavesAfterMs);
  sent.end(text);
  const answer = await read;
  clearTimeout(timer);
  client.raw = answer.raw;
  if (sent.destroyed && !answer.whole) client.ending = 'left';
  else if (answer.status !== 200) client.ending = 'error';
  else client.ending = endingOf(client.format, answer.raw);
  const charged = [...answer.raw.matchAll(/"creditsUsed":([\d.e-]+)/g)].at(-1)?.[1];
  if (client.ending === 'complete' && charged !== undefined) client.chargedMicro = Math.round(Number(charged) * 1_000_000);
}

function leave(sent: ClientRequest, random: Random): void {
  if (random.next() < 0.5) sent.socket?.resetAndDestroy();
  sent.destroy();
}

interface Answer {
  status: number | undefined;
  raw: string;
  /** The end of the answer arrived. */
  whole: boolean;
}

function readAnswer(sent: ClientRequest): Promise<Answer> {
  const answer: Answer = { status: undefined, raw: '', whole: false };
  return new Promise((done) => {
    sent.once('error', () => done(answer));
    sent.once('close', () => done(answer));
    sent.once('response', (response) => {
      answer.status = response.statusCode;
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        answer.raw += part;
      });
      response.on('error', () => done(answer));
      response.once('end', () => {
        answer.whole = response.complete;
        done(answer);
      });
    });
  });
}
