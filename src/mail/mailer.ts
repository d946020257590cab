/** The only way to send mail: a local run's sink, Cloudflare's binding or Resend, whichever is configured first. */
import { sha256Hex } from '../core/hex';
import { readText } from '../core/read-bounded';
import { isRecord, parseJson } from '../core/record';
import type { AccountPlaneBindings, AccountSettings } from '../env-account';
import { html, type Mail, type Mailer, plainText } from './mail';

type MailBindings = Pick<AccountPlaneBindings, 'EMAIL' | 'MAIL_SINK'>;
type MailSettings = Pick<AccountSettings, 'MAIL_FROM' | 'RESEND_API_KEY' | 'RESEND_URL'>;

/** Subjects contain names that people choose; none may begin a header line of its own. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 200);

/** Undefined when mail is not set up; whatever needs it says so. */
export function createMailer(bindings: MailBindings, settings: MailSettings, send: typeof fetch): Mailer | undefined {
  const way = wayOut(bindings, settings, send);
  return way && ((mail) => way({ ...mail, subject: oneLine(mail.subject) }));
}

function wayOut(bindings: MailBindings, settings: MailSettings, send: typeof fetch): Mailer | undefined {
  const { EMAIL: email, MAIL_SINK: sink } = bindings;
  const { MAIL_FROM: from, RESEND_API_KEY: resendKey, RESEND_URL: resendUrl } = settings;
  if (sink) return (mail) => toSink(sink, mail);
  if (email && from) return (mail) => toBinding(email, from, mail);
  if (resendKey !== undefined && from) return (mail) => toResend(send, `${resendUrl}/emails`, resendKey, from, mail);
  return undefined;
}

async function toSink(sink: Fetcher, mail: Mail): Promise<void> {
  const body = JSON.stringify({ to: mail.to, subject: mail.subject, text: plainText(mail), link: mail.action?.url ?? null });
  const response = await sink.fetch('http://mail/', { method: 'POST', body });
  if (!response.ok) throw new Error(`the mail sink answered ${response.status}`);
}

/** Cloudflare's binding takes name and address separately, others as one text. */
export function sender(from: string): string | EmailAddress {
  const [, name, email] = /^\s*"?([^"<]*?)"?\s*<([^<>\s]+)>\s*$/.exec(from) ?? [];
  if (email === undefined) return from.trim();
  return name ? { name, email } : email;
}

async function toBinding(binding: SendEmail, from: string, mail: Mail): Promise<void> {
  await binding.send({ from: sender(from), to: mail.to, subject: mail.subject, text: plainText(mail), html: html(mail) });
}

const RESEND_TRIES = 3;
const RESEND_TIMEOUT_MS = 10_000;
const LONGEST_WAIT_MS = 3_000;

const waitMs = (response: Response | undefined, attempt: number): number => {
  const seconds = Number(response?.headers.get('retry-after'));
  return Math.min(LONGEST_WAIT_MS, seconds > 0 ? seconds * 1_000 : attempt * 500);
};

const MAX_ANSWER_BYTES = 16_384;
const MAX_WORDS_CHARS = 300;

/** Why a mail was not taken, which is the operator's to mend: a domain that is not verified, say. The log names nobody. */
async function wordsOf(response: Response): Promise<string> {
  const answer = parseJson((await readText(response, MAX_ANSWER_BYTES).catch(() => undefined)) ?? '');
  return isRecord(answer) && typeof answer.message === 'string'
    ? `: ${answer.message.replace(/[^\s(<"']+@[^\s)>"']+/g, '[address]').slice(0, MAX_WORDS_CHARS)}`
    : '';
}

/** Resend allows a few requests a second and says 429 beyond; its idempotency key makes trying again safe. */
async function toResend(send: typeof fetch, url: string, key: string, from: string, mail: Mail): Promise<void> {
  const request = {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      // Hashed, since Resend allows 256 characters and ours names an account, an alert and an address.
      'idempotency-key': await sha256Hex(mail.idempotencyKey),
    },
    body: JSON.stringify({ from, to: [mail.to], subject: mail.subject, text: plainText(mail), html: html(mail) }),
  };
  for (let attempt = 1; ; attempt++) {
    const response = await send(url, { ...request, signal: AbortSignal.timeout(RESEND_TIMEOUT_MS) }).catch(() => undefined);
    if (response?.ok) return response.body?.cancel();
    const said = response && (await wordsOf(response));
    const passes = response === undefined || response.status === 429 || response.status >= 500;
    if (!passes || attempt >= RESEND_TRIES) throw new Error(`the mail provider answered ${response?.status ?? 'nothing'}${said ?? ''}`);
    await new Promise((done) => setTimeout(done, waitMs(response, attempt)));
  }
}
