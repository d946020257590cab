/** A scripted provider: real HTTP, and every request kept as it came. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './wait';

/**
 * What an answer's body does next: bytes to send (a string or a buffer is one write), a pause, something to wait
 * for, or one of the ways in which answers fail. After the last step the answer ends properly.
 */
export type Step = string | Uint8Array | { pauseMs: number } | { until: Promise<unknown> } | 'cut' | 'reset' | 'hang';

/** Cuts the answer off without its proper end. */
export const CUT = 'cut' satisfies Step;
/** Resets the connection. */
export const RESET = 'reset' satisfies Step;
/** Sends nothing more for as long as the client listens. */
export const HANG = 'hang' satisfies Step;

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  steps: Iterable<Step> | AsyncIterable<Step>;
  /** Done before even the status is sent. */
  first?: Step;
}

/** A request as the provider got it. */
export class Seen {
  /** The client hung up before the answer was complete. */
  abandoned = false;
  over = false;

  constructor(
    readonly path: string,
    readonly headers: IncomingHttpHeaders,
    readonly body: string,
    readonly atMs: number,
    readonly method = 'POST',
  ) {}

  json(): Record<string, unknown> {
    return JSON.parse(this.body) as Record<string, unknown>;
  }

  hungUp(): Promise<true> {
    return until('the upstream to see the hang-up', () => this.abandoned);
  }
}

/** One provider's place on the server: its own base URL, its replies in order, and the requests that it got. */
export class Desk {
  readonly seen: Seen[] = [];
  private readonly replies: Reply[] = [];
  private always: ((seen: Seen) => Reply) | undefined;

  constructor(readonly baseUrl: string) {}

  /** Sets the answers to the next requests, one each. */
  reply(...replies: Reply[]): this {
    this.replies.push(...replies);
    return this;
  }

  /** Answers all requests for which no reply is queued. */
  replyAlways(make: (seen: Seen) => Reply): this {
    this.always = make;
    return this;
  }

  next(seen: Seen): Reply | undefined {
    return this.replies.shift() ?? this.always?.(seen);
  }

  /** The request with this number, once it has arrived. */
  request(index = 0): Promise<Seen> {
    return until(`request ${index} at ${this.baseUrl}`, () => this.seen[index]);
  }
}

export class Upstream {
  private readonly desks = new Map<string, Desk>();

  private constructor(
    private readonly server: Server,
    private readonly url: string,
  ) {}

  static async start(): Promise<Upstream> {
    let upstream: Upstream | undefined;
    const server = createServer((request, response) => void upstream!.serve(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    upstream = new Upstream(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return upstream;
  }

  async stop(): Promise<void> {
    const closed = new Promise((done) => this.server.close(done));
    this.server.closeAllConnections();
    await closed;
  }

  desk(name: string): Desk {
    let desk = this.desks.get(name);
    if (!desk) {
      desk = new Desk(`${this.url}/${name}/v1`);
      this.desks.set(name, desk);
    }
    return desk;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.socket.setNoDelay(true);
    const [, name = '', ...path] = (request.url ?? '').split('/');
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const seen = new Seen(`/${path.join('/')}`, request.headers, Buffer.concat(chunks).toString(), Date.now(), request.method);
    const closed = new Promise<void>((done) => response.once('close', done)).then(() => {
      seen.abandoned = !seen.over;
      seen.over = true;
    });
    const desk = this.desks.get(name);
    desk?.seen.push(seen);
    const reply = desk?.next(seen);
    if (!reply) {
      seen.over = true;
      response.writeHead(501).end('nothing was scripted for this request');
      return;
    }
    await new Player(response, seen, closed).play(reply);
  }
}

class Player {
  constructor(
    private readonly response: ServerResponse,
    private readonly seen: Seen,
    private readonly closed: Promise<void>,
  ) {}

  async play({ status = 200, headers = {}, steps, first }: Reply): Promise<void> {
    if (first !== undefined && !(await this.take(first))) return;
    if (this.seen.over) return;
    this.response.writeHead(status, headers);
    this.response.flushHeaders();
    for await (const step of steps) if (!(await this.take(step))) return;
    this.seen.over = true;
    this.response.end();
  }

  /** False if the answer ends with this step. */
  private async take(step: Step): Promise<boolean> {
    if (this.seen.over || step === HANG) return false;
    if (step === CUT || step === RESET) {
      // Gives what was written time to leave first.
      await sleep(30);
      this.seen.over = true;
      if (step === RESET) this.response.socket?.resetAndDestroy();
      else this.response.destroy();
      return false;
    }
    if (typeof step === 'string' || step instanceof Uint8Array) await new Promise<void>((done) => this.response.write(step, () => done()));
    else if ('pauseMs' in step) await sleep(step.pauseMs);
    else await Promise.race([step.until, this.closed]);
    return !this.seen.over;
  }
}
