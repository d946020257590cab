// Which of the gateway's mails a stranger can have sent to somebody else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailFiles, mailTo, Person } from './support/person';
import { Worker } from './support/worker';

let worker: Worker;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1', SIGN_IN_LIMITS: '1' });
});
afterAll(() => worker?.stop());

describe('a mailbox', () => {
  it('gets few mails however many clients ask for them, and those who ask see no difference', async () => {
    const statuses: number[] = [];
    for (let asker = 1; asker <= 10; asker++) {
      const headers = { 'cf-connecting-ip': `203.0.113.${asker}` };
      const email = asker % 2 === 0 ? 'flooded@example.com' : `Flooded+${asker}@example.com`;
      const path = asker > 8 ? '/api/auth/sign-up/email' : '/api/auth/sign-in/magic-link';
      const json = { email, ...(asker > 8 && { name: 'X', password: 'a long enough password' }) };
      statuses.push((await new Person(worker).ask(path, { json, headers })).status);
    }
    expect(statuses).toEqual(Array.from({ length: 10 }, () => 200));
    const mails = mailFiles(worker).filter(({ to }) => /^flooded/i.test(to));
    expect(mails).toHaveLength(5);
    await new Person(worker).get('/api/auth/sign-in/magic-link', { json: { email: 'another@example.com' } });
    await mailTo(worker, 'another@example.com', /sign-in link/);
  });
});
