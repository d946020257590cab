/** The one way out for mail: a local run's sink, Cloudflare's binding or Resend, whichever is there first. */
import type { AccountPlaneBindings, AccountSettings } from '../env-account';
import { html, type Mail, type Mailer, plainText } from './mail';

type MailBindings = Pick<AccountPlaneBindings, 'EMAIL' | 'MAIL_SINK'>;
type MailSettings = Pick<AccountSettings, 'MAIL_FROM' | 'RESEND_API_KEY' | 'RESEND_URL'>;

/** Undefined when mail is not set up: what needs it says so. */
export function createMailer(bindings: MailBindings, settings: MailSettings, send: typeof fetch): Mailer | undefined {
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

async function toBinding(binding: SendEmail, from: string, mail: Mail): Promise<void> {
  await binding.send({ from, to: mail.to, subject: mail.subject, text: plainText(mail), html: html(mail) });
}

async function toResend(send: typeof fetch, url: string, key: string, from: string, mail: Mail): Promise<void> {
  const response = await send(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': mail.idempotencyKey },
    body: JSON.stringify({ from, to: [mail.to], subject: mail.subject, text: plainText(mail), html: html(mail) }),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the mail provider answered ${response.status}`);
}
