/** A person with a browser without JavaScript: keeps cookies, sends an origin, reads their mail. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './wait';
import type { Worker } from './worker';

export interface MailFile {
  to: string;
  subject: string;
  text: string;
  link: string | null;
}

export function mailFiles(worker: Worker): MailFile[] {
  const directory = join(worker.directory, 'mail');
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
    return names.sort().map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as MailFile);
  } catch {
    return [];
  }
}

export const mailsTo = (worker: Worker, address: string): MailFile[] => mailFiles(worker).filter(({ to }) => to === address);

/** The newest mail to an address whose subject matches. */
export const mailTo = (worker: Worker, address: string, subject: RegExp): Promise<MailFile> =>
  until(`a mail to ${address} about ${subject}`, () => mailsTo(worker, address).findLast((mail) => subject.test(mail.subject)));

let people = 0;

export class Person {
  readonly email: string;
  readonly password = 'a long enough password';
  private readonly cookies = new Map<string, string>();

  constructor(
    readonly worker: Worker,
    email = `person-${process.pid}-${++people}@example.com`,
  ) {
    this.email = email;
  }

  /** Does not follow redirects, so that a test sees each step. */
  async fetch(path: string, init: RequestInit & { json?: unknown } = {}): Promise<Response> {
    const { json, ...rest } = init;
    const url = new URL(path, this.worker.url);
    const headers = new Headers(rest.headers);
    if (this.cookies.size > 0) headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    if (json !== undefined) headers.set('content-type', 'application/json');
    if (!headers.has('accept')) headers.set('accept', 'text/html, application/json');
    if (!headers.has('origin')) headers.set('origin', this.worker.url);
    const response = await fetch(url, {
      redirect: 'manual',
      ...rest,
      headers,
      ...(json !== undefined && { method: rest.method ?? 'POST', body: JSON.stringify(json) }),
    });
    for (const cookie of response.headers.getSetCookie()) this.keep(cookie);
    return response;
  }

  private keep(cookie: string): void {
    const [pair = '', ...attributes] = cookie.split(';');
    const at = pair.indexOf('=');
    const gone = attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute));
    if (gone) this.cookies.delete(pair.slice(0, at));
    else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }

  forgetCookies(): void {
    this.cookies.clear();
  }

  /** Returns status and JSON. */
  async ask<T = Record<string, unknown>>(path: string, init: RequestInit & { json?: unknown } = {}): Promise<{ status: number; body: T }> {
    const response = await this.fetch(path, init);
    const text = await response.text();
    try {
      return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as T };
    } catch {
      throw new Error(`${path}: ${response.status} ${text.slice(0, 500)}\n${this.worker.log().slice(-1_500)}`);
    }
  }

  /** Returns the JSON of an answer that must succeed. */
  async get<T = Record<string, unknown>>(path: string, init: RequestInit & { json?: unknown } = {}): Promise<T> {
    const { status, body } = await this.ask<T>(path, init);
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(body)}\n${this.worker.log().slice(-1_500)}`);
    return body;
  }

  async signUp(): Promise<void> {
    await this.get('/api/auth/sign-up/email', { json: { name: 'A person', email: this.email, password: this.password } });
  }

  /** Opens a mailed link and presses its button. */
  async press(link: string): Promise<Response> {
    const { pathname, searchParams } = new URL(link);
    const pressed = await this.fetch(pathname, { method: 'POST', body: searchParams });
    return this.fetch(pressed.headers.get('location')!);
  }

  async verify(): Promise<Response> {
    const mail = await mailTo(this.worker, this.email, /^Confirm/);
    return this.press(mail.link!);
  }

  static async signedIn(worker: Worker, email?: string): Promise<Person> {
    const person = new Person(worker, email);
    await person.signUp();
    await person.verify();
    return person;
  }
}
