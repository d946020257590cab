/**
 * Checks every whole answer that a test of this project gets from a Worker by `fetch`, with any client, against
 * `/openapi.json`. It only listens: Node reports each request of its `fetch`, so nothing is delayed, buffered or split.
 */
import diagnostics from 'node:diagnostics_channel';
import { afterAll, expect } from 'vitest';
import { BASES, GEMINI_BASES, withoutClientsOwn } from '../../../src/http/bases';
import { type ApiDocument, problemOf } from './documented';
import { documentOf } from './known-workers';

interface Sent {
  origin?: string;
  method: string;
  path: string;
}

interface Answer {
  document: ApiDocument;
  sent: Sent;
  status: number;
  headers: Headers;
  parts: Uint8Array[];
}

const open = new WeakMap<Sent, Answer>();
const whole: Answer[] = [];

const longestFirst = (bases: readonly string[]): string[] => [...bases].sort((a, b) => b.length - a.length);
const ALL = longestFirst(BASES);
const GOOGLES = longestFirst(GEMINI_BASES);

/** The path as the document names it, whatever its base path. */
function documentedPath(path: string): string {
  const name = withoutClientsOwn(path.replace(/\?.*$/, '')).replace(/^\/openai\/deployments\/[^/]+/, '/v1');
  const called = /\/(?:models\/[^/]+(?::\w+|\/operations\/[^/]+)|files\/[^/]+:download)$/.exec(name);
  if (called) return `/v1beta${called[0]}`;
  const google = GOOGLES.find((base) => name.startsWith(`${base}/models`));
  if (google !== undefined) return `/v1beta${name.slice(google.length)}`;
  const base = ALL.find((known) => name === known || name.startsWith(`${known}/`));
  return base === undefined ? name : `/v1${name.slice(base.length)}`;
}

function headersOf(raw: readonly (Buffer | string)[]): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < raw.length; at += 2) headers.append(String(raw[at]), String(raw[at + 1]));
  return headers;
}

interface Told {
  request: Sent;
  response?: { statusCode: number; headers: (Buffer | string)[] };
  chunk?: Uint8Array;
}

const on = (name: string, told: (message: Told) => void): void =>
  diagnostics.subscribe(`undici:request:${name}`, (message) => told(message as Told));

on('headers', ({ request, response }) => {
  const document = response && documentOf(String(request.origin));
  if (!document) return;
  open.set(request, { document, sent: request, status: response.statusCode, headers: headersOf(response.headers), parts: [] });
});
on('bodyChunkReceived', ({ request, chunk }) => {
  if (chunk) open.get(request)?.parts.push(chunk);
});
on('trailers', ({ request }) => {
  const answer = open.get(request);
  if (answer) whole.push(answer);
});

/** Only answers of the API; pages and paths that do not exist are not in the document. */
function check({ document, sent, status, headers, parts }: Answer): string | undefined {
  const { method } = sent;
  if (method === 'HEAD' || method === 'OPTIONS') return undefined;
  const plain = sent.path.replace(/\?.*$/, '');
  const operation = document.known(method, plain) ?? document.known(method, documentedPath(sent.path));
  if (!operation) return undefined;
  const where = `${method} ${sent.path.replace(/([?&]key=)[^&]*/, '$1...')} ${status}`;
  const text = new TextDecoder().decode(Buffer.concat(parts));
  return problemOf(document, operation, { status, headers, text, where });
}

const SHOWN = 5;

/** Its upstream's events are as short as possible, with fewer fields than the format requires. */
const TOO_SHORT = /\/chat-streams/;

afterAll(() => {
  const { testPath = '' } = expect.getState();
  if (TOO_SHORT.test(testPath)) return;
  const problems = new Map<string, number>();
  for (const answer of whole.splice(0)) {
    const problem = check(answer);
    if (problem) problems.set(problem, (problems.get(problem) ?? 0) + 1);
  }
  if (problems.size === 0) return;
  const shown = [...problems].slice(0, SHOWN).map(([problem, count]) => `${count} x ${problem}`);
  throw new Error(`${problems.size} answers are not as /openapi.json has them:\n\n${shown.join('\n\n')}`);
});
