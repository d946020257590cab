import { describe, expect, it } from 'vitest';
import { createMailer } from '../../../src/mail/mailer';

const MAIL = { to: 'ada@example.com', subject: 'Hello', paragraphs: ['One & two'], idempotencyKey: 'k' };

const sentFrom = async (from: string): Promise<unknown> => {
  const sent: { from: unknown; to: unknown }[] = [];
  const binding = { send: async (mail: { from: unknown; to: unknown }) => void sent.push(mail) } as unknown as SendEmail;
  await createMailer({ EMAIL: binding }, { MAIL_FROM: from, RESEND_API_KEY: 're_1', RESEND_URL: 'https://unused.example' }, fetch)!(MAIL);
  return sent[0]!.from;
};

describe("the sender of a mail by Cloudflare's binding", () => {
  it.each([
    ['no-reply@example.com', 'no-reply@example.com'],
    [' no-reply@example.com ', 'no-reply@example.com'],
    ['<no-reply@example.com>', 'no-reply@example.com'],
    ['Gateway Inc. <no-reply@example.com>', { name: 'Gateway Inc.', email: 'no-reply@example.com' }],
    ['"Gateway, Inc." <no-reply@example.com>', { name: 'Gateway, Inc.', email: 'no-reply@example.com' }],
  ])('%j is %j', async (from, sent) => {
    expect(await sentFrom(from)).toEqual(sent);
  });
});

describe('the subject of a mail', () => {
  it('is one line, whatever name stands in it', async () => {
    const sent: string[] = [];
    const binding = { send: async ({ subject }: { subject: string }) => void sent.push(subject) } as unknown as SendEmail;
    const mailer = createMailer({ EMAIL: binding }, { MAIL_FROM: 'a@example.com', RESEND_API_KEY: undefined, RESEND_URL: '' }, fetch)!;
    await mailer({ ...MAIL, subject: 'Join Acme\r\nBcc: everybody@example.com\n\nNow' });
    await mailer({ ...MAIL, subject: 'x'.repeat(500) });
    expect(sent).toEqual(['Join Acme Bcc: everybody@example.com Now', 'x'.repeat(200)]);
  });
});

describe('mail', () => {
  it.each<[string, () => Response, string]>([
    ['says why', () => Response.json({ message: 'The domain is not verified.' }, { status: 403 }), '403: The domain is not verified.'],
    [
      'names people',
      () => Response.json({ message: 'You can only send to your own address (ada@example.com).' }, { status: 403 }),
      '403: You can only send to your own address ([address]).',
    ],
    ['says too much', () => Response.json({ message: 'x'.repeat(5_000) }, { status: 422 }), `422: ${'x'.repeat(300)}`],
    ['says nothing', () => new Response('<html>', { status: 401 }), '401'],
  ])('that is refused by a provider which %s fails with its words', async (_what, answer, words) => {
    const settings = { MAIL_FROM: 'a@example.com', RESEND_API_KEY: 're_1', RESEND_URL: 'https://mail.example' };
    const mailer = createMailer({}, settings, async () => answer())!;
    await expect(mailer(MAIL)).rejects.toThrow(new Error(`the mail provider answered ${words}`));
  });

  it('cannot be sent where no way out or no sender is set up', () => {
    const settings = { MAIL_FROM: undefined, RESEND_API_KEY: 're_1', RESEND_URL: 'https://unused.example' };
    expect(createMailer({}, settings, fetch)).toBeUndefined();
    expect(createMailer({ EMAIL: {} as SendEmail }, settings, fetch)).toBeUndefined();
  });
});
