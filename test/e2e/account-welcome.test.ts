// Who may sign up where the operator has restricted it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withLedger } from './support/d1';
import { mailsTo, mailTo, Person } from './support/person';
import { Worker } from './support/worker';

let worker: Worker;
let owner: Person;
let organization: string;

beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1' });
  owner = await Person.signedIn(worker);
  organization = (await owner.get<{ id: string }>('/api/orgs', { json: { name: 'Acme' } })).id;
});
afterAll(() => worker?.stop());

const signUp = ({ email, password }: Person) =>
  new Person(worker).ask<{ code?: string }>('/api/auth/sign-up/email', { json: { name: 'A person', email, password } });

const people = (): string[] =>
  withLedger(
    worker,
    (database) =>
      database
        .prepare('SELECT email FROM users')
        .all()
        .map(({ email }) => String(email)),
    {
      readOnly: true,
    },
  );

async function restart(signUpIs: string): Promise<void> {
  await worker.kill();
  await worker.run({ SIGN_UP: signUpIs });
}

async function seesPage(path: string): Promise<string> {
  return (await new Person(worker).fetch(path)).text();
}

describe('sign-up', () => {
  it('by invitation is refused to whoever has none, known here or not, and open to who has one', async () => {
    await restart('invited');
    const [stranger, guest] = [new Person(worker, 'stranger@example.com'), new Person(worker, 'guest@example.com')];
    expect(await seesPage('/sign-up')).toContain('by invitation');
    for (const person of [stranger, owner, guest])
      expect(await signUp(person), person.email).toMatchObject({ status: 403, body: { code: 'SIGN_UP_CLOSED' } });
    await owner.get(`/api/orgs/${organization}/invitations`, { json: { email: guest.email, role: 'viewer' } });
    await guest.signUp();
    await guest.verify();
    expect(await guest.get('/api/me')).toMatchObject({ email: guest.email });
    await stranger.get('/api/auth/sign-in/magic-link', { json: { email: stranger.email } });
    await owner.get('/api/auth/sign-in/magic-link', { json: { email: owner.email } });
    await mailTo(worker, owner.email, /sign-in link/);
    expect(mailsTo(worker, stranger.email)).toEqual([]);
    expect(people().sort()).toEqual([guest.email, owner.email].sort());
  });

  it('that is closed is refused to everybody, while who is here signs in', async () => {
    await restart('closed');
    const invited = new Person(worker, 'late@example.com');
    await owner.get(`/api/orgs/${organization}/invitations`, { json: { email: invited.email, role: 'viewer' } });
    const before = people();
    expect(await signUp(invited)).toMatchObject({ status: 403, body: { code: 'SIGN_UP_CLOSED' } });
    const page = await seesPage('/sign-up');
    expect(page).toContain('takes no new accounts');
    expect(page).not.toContain('name="password"');
    expect(await seesPage('/sign-in')).not.toContain('Create an account');
    expect(people()).toEqual(before);
    const signedIn = await new Person(worker).ask('/api/auth/sign-in/email', { json: { email: owner.email, password: owner.password } });
    expect(signedIn.status).toBe(200);
  });
});
