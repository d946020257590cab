/** A mail's words; all mails look the same. */
export interface Mail {
  to: string;
  subject: string;
  /** Paragraphs of plain text. */
  paragraphs: readonly string[];
  /** What the reader is asked to do, if anything. */
  action?: { label: string; url: string };
  /** Makes sending idempotent where the provider can. */
  idempotencyKey: string;
}

export type Mailer = (mail: Mail) => Promise<void>;

const MAX_NAME_CHARS = 60;

/** An organization's name may be any text, while the mail is ours: in it the name carries no URLs or line breaks. */
export const inMail = (name: string): string => {
  const plain = name
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .replace(/\w+:\/\/|www\./gi, '')
    .replaceAll('/', ' ');
  // Cut between whole characters.
  return Array.from(plain).slice(0, MAX_NAME_CHARS).join('');
};

export const plainText = ({ paragraphs, action }: Mail): string =>
  [...paragraphs, ...(action ? [`${action.label}:\n${action.url}`] : [])].join('\n\n');

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character]!);

export function html({ paragraphs, action }: Mail): string {
  const body = paragraphs.map((paragraph) => `<p style="margin:0 0 16px">${escapeHtml(paragraph)}</p>`);
  const button =
    action &&
    `<p style="margin:24px 0"><a href="${escapeHtml(action.url)}" style="background:#111;color:#fff;padding:10px 18px;border-radius:6px;text-decoration:none">${escapeHtml(action.label)}</a></p>`;
  return `<!doctype html><html><body style="font:16px/1.5 system-ui,sans-serif;color:#111;max-width:34em;margin:32px auto;padding:0 16px">${body.join('')}${button ?? ''}</body></html>`;
}
