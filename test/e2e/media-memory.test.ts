// Files on their way through the built Worker: all calls share an isolate's 128 MB.
import { type ClientRequest, request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { liveHeapKb } from '../soak/memory';
import { type Account, openAccount } from './support/account';
import { Worker } from './support/worker';

const UPLOADS = 20;
const MEGABYTE = 1_048_576;
const ALLOWED_KB = 20_000;

let worker: Worker;
let account: Account;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1' }, { inspected: true });
  account = await openAccount(worker);
});
afterAll(() => worker?.stop());

const heapKb = () => liveHeapKb(worker.url, worker.inspectorPort!);

/** An upload that has begun, and the status that it is answered with. */
function upload(headers: Record<string, string | number>): { out: ClientRequest; status: Promise<number> } {
  const out = request(`${worker.url}/v1/storage?filename=a.bin`, {
    method: 'POST',
    headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/octet-stream', ...headers },
  });
  const status = new Promise<number>((done) => {
    out.on('error', () => done(0));
    out.on('response', (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    });
  });
  return { out, status };
}

it.each([
  ['without a length', {}],
  ['of 90 MB', { 'content-length': 90 * MEGABYTE }],
])('uploads %s that have just begun hold next to nothing', async (_, headers) => {
  const beforeKb = await heapKb();
  const begun = Array.from({ length: UPLOADS }, () => upload(headers));
  for (const { out } of begun) out.write(Buffer.alloc(100_000, 7));
  await new Promise((done) => setTimeout(done, 2_000));
  expect((await heapKb()) - beforeKb).toBeLessThan(ALLOWED_KB);
  for (const { out } of begun) out.destroy();
  await Promise.all(begun.map(({ status }) => status));
});

it('long uploads pass through', async () => {
  const beforeKb = await heapKb();
  const begun = Array.from({ length: 8 }, () => upload({ 'content-length': 12 * MEGABYTE }));
  for (const { out } of begun) {
    for (let sent = 0; sent < 11; sent++) out.write(Buffer.alloc(MEGABYTE, sent));
    out.end(Buffer.alloc(MEGABYTE, 11));
  }
  const statuses = Promise.all(begun.map(({ status }) => status));
  let areDone = false;
  void statuses.then(() => {
    areDone = true;
  });
  let mostKb = 0;
  while (!areDone) mostKb = Math.max(mostKb, await heapKb());
  expect(await statuses).toEqual(Array.from(begun, () => 201));
  expect(mostKb - beforeKb).toBeLessThan(ALLOWED_KB);
});
