import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { readSecrets, rotateSecret, signingSecrets } from '../../../src/jobs/webhooks/secrets';
import { TestAccount } from '../account/support';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const AT_MS = Date.UTC(2031, 0, 1);

describe('a signing secret that is rotated away', () => {
  it('signs for a day, however often others are made meanwhile', async () => {
    const { id } = await TestAccount.create({ credits: 1 });
    const first = (await readSecrets(env.DB, id, AT_MS)).current;
    const second = (await rotateSecret(env.DB, id, AT_MS)).current;
    const third = (await rotateSecret(env.DB, id, AT_MS + HOUR_MS)).current;
    const secrets = await readSecrets(env.DB, id, AT_MS + HOUR_MS);
    expect(signingSecrets(secrets, AT_MS + HOUR_MS)).toEqual([third, second, first]);
    expect(signingSecrets(secrets, AT_MS + DAY_MS)).toEqual([third, second]);
    expect(signingSecrets(secrets, AT_MS + DAY_MS + HOUR_MS)).toEqual([third]);
  });

  it('by two at once is of use to both: each has one that signs', async () => {
    const { id } = await TestAccount.create({ credits: 1 });
    const first = (await readSecrets(env.DB, id, AT_MS)).current;
    const made = await Promise.all([1, 2, 3].map(() => rotateSecret(env.DB, id, AT_MS)));
    const signing = signingSecrets(await readSecrets(env.DB, id, AT_MS), AT_MS);
    expect(signing.toSorted()).toEqual([first, ...made.map(({ current }) => current)].toSorted());
  });

  it('leaves room for four of them', async () => {
    const { id } = await TestAccount.create({ credits: 1 });
    for (let turn = 0; turn < 9; turn++) await rotateSecret(env.DB, id, AT_MS + turn);
    expect(signingSecrets(await readSecrets(env.DB, id, AT_MS), AT_MS + 9)).toHaveLength(5);
  });

  it('signs on where it was rotated before the ends were kept', () => {
    const kept = { current: 'whsec_b', previous: 'whsec_a', rotatedAt: AT_MS };
    expect(signingSecrets(kept, AT_MS + HOUR_MS)).toEqual(['whsec_b', 'whsec_a']);
    expect(signingSecrets(kept, AT_MS + DAY_MS)).toEqual(['whsec_b']);
  });
});
