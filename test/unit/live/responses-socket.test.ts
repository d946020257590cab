import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR_MS } from '../../../src/core/time';
import { openResponsesSocket } from '../../../src/live/responses-socket';

interface Heard {
  type: string;
  stream_id?: string;
  error?: { code: string };
  response?: { id: string };
}

const encoder = new TextEncoder();
const event = (type: string) => encoder.encode(`event: ${type}\ndata: ${JSON.stringify({ type })}\n\n`);

/** A turn that the gateway was asked for: the test says when it begins and ends. */
class Asked {
  readonly answer: Promise<Response>;
  private answered!: (response: Response) => void;
  private writer: WritableStreamDefaultWriter<Uint8Array> | undefined;

  constructor() {
    this.answer = new Promise((done) => {
      this.answered = done;
    });
  }

  begin(): void {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.writer = writable.getWriter();
    void this.writer.write(event('response.created'));
    this.answered(new Response(readable, { headers: { 'content-type': 'text/event-stream' } }));
  }

  end(): void {
    void this.writer!.write(event('response.completed'));
    void this.writer!.close();
  }
}

class Connection {
  readonly asked: Asked[] = [];
  readonly heard: Heard[] = [];
  closed: number | undefined;
  private readonly socket: WebSocket;
  private changed = () => {};

  constructor() {
    const request = new Request('https://gateway.test/v1/responses', { headers: { upgrade: 'websocket', authorization: 'Bearer k' } });
    const serve = () => {
      const turn = new Asked();
      this.asked.push(turn);
      this.changed();
      return turn.answer;
    };
    this.socket = openResponsesSocket(serve, { waitUntil: () => {} }, request, 'acc_1').webSocket!;
    this.socket.accept();
    this.socket.addEventListener('message', ({ data }) => {
      this.heard.push(JSON.parse(String(data)) as Heard);
      this.changed();
    });
    this.socket.addEventListener('close', ({ code }) => {
      this.closed = code;
      this.changed();
    });
  }

  say(message: object | string): void {
    this.socket.send(
      typeof message === 'string' ? message : JSON.stringify({ type: 'response.create', model: 'm', input: 'x', ...message }),
    );
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo())
      await new Promise<void>((done) => {
        this.changed = done;
      });
  }

  /** What ended, and in which lane. */
  get ends(): string[] {
    return this.heard.flatMap(({ type, stream_id = '', error }) =>
      type === 'response.created' ? [] : [`${stream_id}:${error?.code ?? type}`],
    );
  }
}

const LIMIT = 'websocket_connection_limit_reached';
const CROWDED = 'websocket_stream_limit_reached';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a connection for Responses', () => {
  it('tells what is wrong behind the turn under way, whose end it would be taken for', async () => {
    const connection = new Connection();
    connection.say({});
    connection.say('{');
    connection.say({ stream_id: 'beside', generate: false });
    await connection.until(() => connection.ends.length > 0);
    connection.asked[0]!.begin();
    connection.asked[0]!.end();
    await connection.until(() => connection.ends.length === 3);
    expect(connection.ends).toEqual(['beside:response.completed', ':response.completed', ':invalid_request_error']);
  });

  it('has any number of lanes one after the other, and an end to its messages', async () => {
    const connection = new Connection();
    for (let at = 0; at < 402; at++) connection.say({ stream_id: `lane-${at}`, generate: false });
    await connection.until(() => connection.closed !== undefined);
    expect([connection.closed, connection.ends.length, connection.ends.at(-2)]).toEqual([1000, 401, 'lane-399:response.completed']);
    expect(connection.ends.at(-1)).toBe(`lane-400:${LIMIT}`);
  });

  it('takes sixteen turns that run or wait', async () => {
    const connection = new Connection();
    for (let at = 0; at < 17; at++) connection.say({ stream_id: `lane-${at}` });
    await connection.until(() => connection.ends.length === 1);
    expect(connection.ends).toEqual([`lane-16:${CROWDED}`]);
  });

  it('takes no turn beside others that would be too long with them and with all that it goes on from', async () => {
    const connection = new Connection();
    connection.say({ generate: false, input: 'x'.repeat(3_900_000) });
    await connection.until(() => connection.ends.length === 1);
    const previous_response_id = connection.heard[0]!.response!.id;
    for (let at = 0; at < 9; at++) connection.say({ stream_id: `lane-${at}`, previous_response_id });
    await connection.until(() => connection.ends.length === 2);
    expect(connection.ends.at(-1)).toBe(`lane-8:${CROWDED}`);
  });

  it('says that its hour is over when the turns under way are', async () => {
    const connection = new Connection();
    connection.say({ stream_id: 'a' });
    await connection.until(() => connection.asked.length === 1);
    connection.asked[0]!.begin();
    vi.advanceTimersByTime(HOUR_MS);
    connection.say({ stream_id: 'b' });
    await connection.until(() => connection.ends.length === 1);
    connection.asked[0]!.end();
    await connection.until(() => connection.closed !== undefined);
    expect(connection.ends).toEqual([`b:${LIMIT}`, 'a:response.completed']);

    const idle = new Connection();
    vi.advanceTimersByTime(HOUR_MS);
    await idle.until(() => idle.closed !== undefined);
    expect(idle.ends).toEqual([...Array<string>(13).fill(':keepalive'), `:${LIMIT}`]);
  });

  it('asks for as many turns as may begin at once, and for the others as those begin', async () => {
    const connection = new Connection();
    for (const stream_id of ['a', 'b', 'c', 'd', 'e', 'f']) connection.say({ stream_id });
    connection.say({ stream_id: 'g', generate: false });
    await connection.until(() => connection.ends.length === 1);
    expect(connection.asked).toHaveLength(5);
    connection.asked[2]!.begin();
    await connection.until(() => connection.asked.length === 6);
    for (const [at, asked] of connection.asked.entries()) {
      if (at !== 2) asked.begin();
      asked.end();
    }
    await connection.until(() => connection.ends.length === 7);
  });
});
