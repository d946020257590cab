// An account object that is put back to an earlier moment, as by a point-in-time restore, and how the operator's
// command repairs it.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ask, askJson, chatBody } from './support/client';
import { type LedgerRow, ledgerRows } from './support/d1';
import { type Lane, Rig } from './support/rig';
import { until } from './support/wait';
import { answer, USAGE_CREDITS } from './support/wire';
import { ADMIN_TOKEN } from './support/worker';

const GRANT = { credits: 50, reason: 'a payment', eventId: 'payment-1' };
/** This many lines go to D1 without waiting for more. */
const BATCH = 100;
const AT_ONCE = 10;

let rig: Rig;
const kept = mkdtempSync(join(tmpdir(), 'gateway-restore-'));
beforeAll(async () => {
  rig = await Rig.start({ solo: 1 });
});
afterAll(async () => {
  await rig?.stop();
  rmSync(kept, { recursive: true, force: true });
});

const objects = (): string => join(rig.worker.directory, 'v3', 'do');

async function call(account: Account, lane: Lane, times: number): Promise<void> {
  for (let done = 0; done < times; done += AT_ONCE) {
    const count = Math.min(AT_ONCE, times - done);
    const responses = await Promise.all(Array.from({ length: count }, () => ask(account, chatBody(lane.model))));
    for (const response of responses) expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
  }
}

const isPayment = ({ amount }: LedgerRow): boolean => amount === 50_000_000;

const inD1 = (account: Account): number => ledgerRows(rig.worker, account.id).filter(({ kind }) => kind === 'usage').length;

it('takes back what was closed since, keeps what came in between, and charges nothing twice', async () => {
  const account = await rig.account();
  const lane = rig.lane('solo');
  lane.first.replyAlways(() => answer('Yes.'));
  const doomed = await account.addKey({ name: 'revoked later' });
  await call(account, lane, BATCH);
  // Lines that do not fill a batch follow within ten seconds.
  await until('the first lines to reach D1', () => inD1(account) >= BATCH - 1);
  await rig.worker.kill();
  cpSync(objects(), kept, { recursive: true });

  await rig.worker.run();
  await rig.worker.admin(`/accounts/${account.id}/grants`, GRANT);
  await call(account, lane, BATCH + 5);
  const { keys } = await rig.worker.admin<{ keys: { id: string; name: string }[] }>(`/accounts/${account.id}/keys`);
  const revoked = keys.find(({ name }) => name === 'revoked later')!;
  await fetch(`${rig.worker.url}/api/admin/accounts/${account.id}/keys/${revoked.id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  await until('the later lines to reach D1', () => inD1(account) >= 2 * BATCH && ledgerRows(rig.worker, account.id).some(isPayment));
  await rig.worker.kill();
  rmSync(objects(), { recursive: true });
  cpSync(kept, objects(), { recursive: true });

  await rig.worker.run();
  const known = inD1(account);
  expect((await account.show()).balanceCredits).toBeCloseTo(1_000 - BATCH * USAGE_CREDITS, 6);
  await call(account, lane, 2);
  expect(await rig.worker.admin(`/accounts/${account.id}/recover`, {})).toMatchObject({ epoch: 2 });
  const { balanceCredits, heldCredits } = await account.show();
  expect(heldCredits).toBe(0);
  expect(balanceCredits).toBeCloseTo(1_050 - (known + 2) * USAGE_CREDITS, 6);
  expect((await askJson(account, chatBody(lane.model), { headers: { authorization: `Bearer ${doomed}` } })).status).toBe(401);
  await call(account, lane, BATCH);
  await until('the lines of the new epoch to reach D1', () => inD1(account) >= known + BATCH);
  expect(await account.problems()).toEqual([]);
  expect((await rig.worker.admin<{ repeated?: boolean }>(`/accounts/${account.id}/grants`, GRANT)).repeated).toBe(true);
});
