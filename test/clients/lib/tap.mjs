/**
 * Stands between a client and its server, changes nothing, and records the traffic: the gateway itself does not report
 * how often it was asked.
 */
import { createServer, request as send } from 'node:http';
import { connect } from 'node:net';

const KEPT_CHARS = 20_000;

export class Tap {
  seen = [];

  constructor(server, target) {
    this.server = server;
    this.target = target;
  }

  static async start(targetUrl) {
    let tap;
    const server = createServer((incoming, response) => void tap.forward(incoming, response));
    server.on('upgrade', (incoming, socket, head) => tap.upgrade(incoming, socket, head));
    server.on('clientError', (_error, socket) => socket.destroy());
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    tap = new Tap(server, new URL(targetUrl));
    tap.url = `http://127.0.0.1:${server.address().port}`;
    return tap;
  }

  async stop() {
    const closed = new Promise((done) => this.server.close(done));
    this.server.closeAllConnections();
    await closed;
  }

  note(incoming) {
    const entry = {
      method: incoming.method,
      path: incoming.url,
      status: null,
      body: '',
      answer: '',
      ending: 'open',
      lastByteAtMs: Date.now(),
      longestGapMs: 0,
    };
    this.seen.push(entry);
    return entry;
  }

  async forward(incoming, response) {
    const entry = this.note(incoming);
    incoming.socket.setNoDelay(true);
    // Read whole before it is sent on: if it were sent in parts, a refusal before the last part would break the connection
    // here, and not for the client, which writes everything at once.
    const chunks = await incoming.toArray().catch(() => undefined);
    if (chunks === undefined) return;
    const body = Buffer.concat(chunks);
    entry.body = body.toString();
    const { hostname, port } = this.target;
    const outgoing = send({
      hostname,
      port,
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, host: this.target.host },
      agent: false,
    });
    outgoing.setNoDelay(true);
    outgoing.on('error', (error) => {
      entry.ending = error.code ?? error.message;
      response.destroy();
    });
    outgoing.once('response', (answer) => pass(entry, answer, response));
    response.once('close', () => {
      if (!response.writableFinished && entry.ending === 'open') entry.ending = 'client hung up';
      outgoing.destroy();
    });
    outgoing.end(body);
  }

  /** Passes a WebSocket's handshake, or its refusal, byte for byte. */
  upgrade(incoming, socket, head) {
    const entry = this.note(incoming);
    entry.method = 'UPGRADE';
    const outgoing = connect(Number(this.target.port), this.target.hostname);
    const lines = incoming.rawHeaders.reduce((all, text, index) => all + (index % 2 === 0 ? `${text}: ` : `${text}\r\n`), '');
    outgoing.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines}\r\n`);
    outgoing.write(head);
    outgoing.once('data', (part) => {
      entry.status = Number(/^HTTP\/1\.1 (\d+)/.exec(String(part))?.[1] ?? 0);
    });
    for (const [from, to] of [
      [outgoing, socket],
      [socket, outgoing],
    ]) {
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  }
}

function pass(entry, answer, response) {
  entry.status = answer.statusCode;
  entry.headers = answer.headers;
  response.writeHead(answer.statusCode, answer.headers);
  response.flushHeaders();
  answer.on('data', (part) => {
    if (entry.answer.length < KEPT_CHARS) entry.answer += part;
    const nowMs = Date.now();
    entry.longestGapMs = Math.max(entry.longestGapMs, nowMs - entry.lastByteAtMs);
    entry.lastByteAtMs = nowMs;
    response.write(part);
  });
  answer.once('end', () => {
    entry.ending = 'complete';
    response.end();
  });
  // The answer was cut off, so the client's is as well.
  answer.once('error', () => {
    entry.ending = 'cut off';
    response.destroy();
  });
}
