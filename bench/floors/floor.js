// The floor: only what every gateway on Workers must do.
// MODE "proxy" (target floor): replace the headers, fetch, return the body untouched.
// MODE "do" (target floor-do): the same, plus one Durable Object call that reads and writes one SQLite row
//   before the fetch and one after it, in waitUntil: exact credits at their cheapest. One object for each caller.
// MODE "do-meter" (target floor-do-meter): the same, and settles by the usage found in the answer. A stream is
//   split: the client's half flows natively, the other half is read in JavaScript only every 100 ms.
// MODE "do-pump" (target floor-do-pump): the same, but every chunk of a stream goes to the client through
//   JavaScript, as gateways usually do.
import { DurableObject } from 'cloudflare:workers';

export class Account extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY, balance INTEGER, held INTEGER)');
    ctx.storage.sql.exec('INSERT OR IGNORE INTO account VALUES (1, 1000000000000, 0)');
  }
  reserve(amount) {
    const { balance, held } = this.ctx.storage.sql.exec('SELECT balance, held FROM account WHERE id = 1').one();
    if (balance - held < amount) return false;
    this.ctx.storage.sql.exec('UPDATE account SET held = ? WHERE id = 1', held + amount);
    return true;
  }
  settle(amount, used) {
    const { balance, held } = this.ctx.storage.sql.exec('SELECT balance, held FROM account WHERE id = 1').one();
    this.ctx.storage.sql.exec('UPDATE account SET balance = ?, held = ? WHERE id = 1', balance - used, held - amount);
  }
}

const HOLD = 1000;

const worker = {
  async fetch(request, env, ctx) {
    const { pathname, search } = new URL(request.url);
    const metered = env.MODE !== 'proxy';
    let account;
    if (metered) {
      account = env.ACCOUNT.getByName(request.headers.get('authorization') ?? '');
      if (!(await account.reserve(HOLD))) return new Response('{"error":"insufficient credits"}', { status: 402 });
    }
    const upstream = await fetch(env.UPSTREAM + pathname + search, {
      method: request.method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${env.UPSTREAM_KEY}` },
      body: request.body,
    });
    const headers = { 'content-type': upstream.headers.get('content-type') ?? 'application/json' };
    let { body } = upstream;
    if (!env.MODE.startsWith('do-')) {
      if (metered) ctx.waitUntil(account.settle(HOLD, 100));
    } else if (headers['content-type'].startsWith('application/json')) {
      body = await upstream.text();
      ctx.waitUntil(account.settle(HOLD, tokens(body)));
    } else if (env.MODE === 'do-meter') {
      const [toClient, toMeter] = body.tee();
      ctx.waitUntil(meter(toMeter).then((used) => account.settle(HOLD, used)));
      body = toClient;
    } else {
      const { readable, writable } = new IdentityTransformStream();
      ctx.waitUntil(pump(body, writable).then((used) => account.settle(HOLD, used)));
      body = readable;
    }
    return new Response(body, { status: upstream.status, headers });
  },
};
// biome-ignore lint/style/noDefaultExport: workerd takes the handlers from the default export
export default worker;

const tokens = (text) => Number(/"completion_tokens":\s*(\d+)/.exec(text)?.[1] ?? 0);

/** Keeps the end of a stream, where the usage is. */
class Tail {
  chunks = [];
  size = 0;
  add(chunk) {
    this.chunks.push(chunk);
    this.size += chunk.byteLength;
    while (this.size - this.chunks[0].byteLength > 4096) this.size -= this.chunks.shift().byteLength;
  }
  tokens() {
    const decoder = new TextDecoder();
    return tokens(this.chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join(''));
  }
}

async function meter(body) {
  const tail = new Tail();
  const reader = body.getReader({ mode: 'byob' });
  for (let space = new ArrayBuffer(16384); ; ) {
    const { done, value } = await reader.read(new Uint8Array(space));
    if (done) return tail.tokens();
    tail.add(value.slice(-8192));
    if (value.byteLength < 16384) await scheduler.wait(100);
    space = value.buffer;
  }
}

async function pump(body, writable) {
  const tail = new Tail();
  const reader = body.getReader();
  const writer = writable.getWriter();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    tail.add(value);
    await writer.write(value);
  }
  await writer.close();
  return tail.tokens();
}
