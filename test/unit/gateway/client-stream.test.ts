import { expect, it, vi } from 'vitest';
import { ClientStream } from '../../../src/gateway/client-stream';

function open() {
  const clock = { nowMs: 1_000 };
  const onGone = vi.fn();
  return { clock, onGone, client: new ClientStream(() => clock.nowMs, onGone) };
}

it('a client that takes no bytes for a minute is stuck, and one that takes them is not', async () => {
  const { clock, client } = open();
  const written = client.write('data: 1\n\n');
  await Promise.resolve();
  clock.nowMs += 60_000;
  expect(client.isStuck()).toBe(false);
  clock.nowMs += 1;
  expect(client.isStuck()).toBe(true);
  const { value } = await client.body.getReader().read();
  await written;
  expect(new TextDecoder().decode(value)).toBe('data: 1\n\n');
  clock.nowMs += 61_000;
  expect([client.isStuck(), client.silentMs()]).toEqual([false, 61_000]);
});

it('a client that is gone is told of once, and what is written to it is lost', async () => {
  const { client, onGone } = open();
  const written = client.write('data: 1\n\n');
  client.leave();
  client.leave();
  await written;
  await client.write('data: 2\n\n');
  await client.close();
  expect([client.gone, onGone.mock.calls.length]).toEqual([true, 1]);
});

it('a client that hangs up is gone', async () => {
  const { client, onGone } = open();
  await client.body.cancel();
  await client.write('data: 1\n\n');
  expect([client.gone, onGone.mock.calls.length]).toEqual([true, 1]);
});

it('no ping waits behind a write, and all else is written in order to its end', async () => {
  const { client } = open();
  void client.write('data: 1\n\n');
  void client.write('');
  await Promise.resolve();
  client.ping(': ping\n\n');
  void client.write('data: 2\n\n').then(() => {
    client.ping(': pong\n\n');
    void client.close();
  });
  expect(await new Response(client.body).text()).toBe('data: 1\n\ndata: 2\n\n: pong\n\n');
});
