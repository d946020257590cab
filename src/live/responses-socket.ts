/**
 * Responses over a WebSocket: each turn is a call like any other, with its own hold, provider and receipt, and only what
 * carries it differs. The connection is a request of the Worker's, so its turns end with it as a stream ends whose client
 * hangs up.
 */
import { fail, type GatewayError, internalError } from '../core/errors';
import { newNonce, requestId } from '../core/ids';
import { HOUR_MS } from '../core/time';
import { openaiResponses } from '../dialects/openai-responses/dialect';
import { missingAnswer } from '../dialects/openai-responses/request';
import {
  type AskedTurn,
  answeredBy,
  failingOnce,
  goingOnFrom,
  inLane,
  KEEPALIVE,
  keptInput,
  messagesOf,
  readMessage,
  refusalEvent,
  steerRefused,
  turnHeaders,
  turnRequest,
  warmedUp,
  withSaid,
} from '../dialects/openai-responses/socket';
import { protocolHeader } from '../http/offered-protocols';
import { Beginnings } from './beginnings';
import { MOST_CHARS, SaidBefore } from './said-before';
import { SocketLoad } from './socket-load';

/** As at OpenAI. A client that is told of it opens the next one. */
const MOST_MS = HOUR_MS;
/** Proxies close a WebSocket on which nobody speaks for a minute or two. */
const BETWEEN_TURNS_MS = 45_000;

/**
 * A request of a Worker may wait for the headers of six answers, beside which it writes to queues and stores; more would wait
 * unsent, and their providers count as silent (https://developers.cloudflare.com/workers/platform/limits/).
 */
const MOST_BEGINNING = 5;

const LIMIT_REACHED: GatewayError = fail(
  'invalid_request',
  'This connection has reached its limit: open another, and send the whole input with the next turn.',
  { code: 'websocket_connection_limit_reached' },
).error;
const TOO_MANY: GatewayError = fail('invalid_request', 'Too much is under way on this connection: wait for an answer, or open another.', {
  code: 'websocket_stream_limit_reached',
}).error;

/** Serves a turn as a request over HTTP. */
type Serve = (turn: Request, signal: () => AbortSignal) => Promise<Response>;

/** @param request The one that asked for the connection, with a usable key of the account. */
export function openResponsesSocket(
  serve: Serve,
  context: Pick<ExecutionContext, 'waitUntil'>,
  request: Request,
  accountId: string,
): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  // By default they come as blobs, whose text is not there at once.
  server.binaryType = 'arraybuffer';
  server.accept();
  new ResponsesSocket(server, serve, context, request, accountId).listen();
  return new Response(null, { status: 101, webSocket: client, headers: protocolHeader(request) });
}

/** What a turn's answer is told with. */
interface Told extends Pick<AskedTurn, 'lane'> {
  /** All that was said up to the answer, where others may go on from it. */
  input: string | undefined;
  /** The answer that it goes on from, where its provider hears the text alone. */
  previousId: string | undefined;
}

class ResponsesSocket {
  private readonly gone = new AbortController();
  private readonly saidBefore: SaidBefore;
  private readonly load = new SocketLoad();
  private readonly beginnings = new Beginnings(MOST_BEGINNING);
  /** The last turn of each lane that has one. */
  private readonly lanes = new Map<string | undefined, Promise<void>>();
  private readonly url: string;
  private readonly headers: Headers;
  private isOver = false;
  private isToldSo = false;

  constructor(
    private readonly socket: WebSocket,
    private readonly serve: Serve,
    private readonly context: Pick<ExecutionContext, 'waitUntil'>,
    { url, headers }: Request,
    accountId: string,
  ) {
    this.saidBefore = new SaidBefore(accountId);
    this.url = url;
    this.headers = turnHeaders(headers);
  }

  listen(): void {
    const ended = setTimeout(() => this.expire(), MOST_MS);
    const kept = setInterval(() => this.load.isBetweenTurns && !this.isOver && this.send(KEEPALIVE), BETWEEN_TURNS_MS);
    const leave = () => {
      clearTimeout(ended);
      clearInterval(kept);
      this.gone.abort();
      this.saidBefore.clear();
    };
    this.socket.addEventListener('message', ({ data }) => this.hear(data));
    this.socket.addEventListener('close', leave);
    this.socket.addEventListener('error', leave);
  }

  private hear(data: string | ArrayBuffer): void {
    if (this.load.isDeaf) return;
    const read = readMessage(typeof data === 'string' ? data : new TextDecoder().decode(data));
    if (read.ok && read.value.kind === 'notice') return;
    this.load.heard();
    const turn = read.ok && read.value.kind === 'turn' ? read.value.turn : undefined;
    const chars = turn ? this.charsOf(turn) : 0;
    if (this.isOver || this.load.isUsedUp) this.end(turn?.lane);
    else if (turn && this.load.hasRoomFor(chars)) this.queue(turn.lane, chars, this.taking(turn));
    else if (turn) this.refuse(TOO_MANY, turn.lane);
    else if (!read.ok) this.refuse(read.error);
    else if (read.value.kind === 'steer') this.send(steerRefused(read.value.steer));
  }

  /** With all that was said before, as far as that is known yet. */
  private charsOf({ body, previousId }: AskedTurn): number {
    const said = previousId === undefined ? undefined : this.saidBefore.find(previousId);
    return body.length + (said?.length ?? 0);
  }

  /** Whatever is said in a lane comes behind its turns: an error in the middle of one would be taken for its end. */
  private queue(lane: string | undefined, chars: number, take: () => Promise<void> | undefined): void {
    this.load.begin(chars);
    const before = this.lanes.get(lane) ?? Promise.resolve();
    const done = before
      .then(take)
      .catch((error) => this.failed(error, lane))
      .finally(() => {
        if (this.lanes.get(lane) === done) this.lanes.delete(lane);
        this.load.end(chars);
        if (this.isOver && this.load.isIdle) this.close();
      });
    this.lanes.set(lane, done);
    this.context.waitUntil(done);
  }

  /** Apart, so that nothing else that lasts as long as the turn has hold of it: it may be megabytes. */
  private taking(turn: AskedTurn): () => Promise<void> | undefined {
    return () => this.take(turn);
  }

  private take(asked: AskedTurn): Promise<void> | undefined {
    if (this.gone.signal.aborted) return undefined;
    const { previousId, generates, isPart, lane } = asked;
    const said = previousId === undefined ? '' : this.saidBefore.find(previousId);
    const turn = previousId === undefined || said === undefined ? asked : withSaid(asked, said);
    const input = said === undefined || isPart ? undefined : keptInput(turn, MOST_CHARS);
    const told = { lane, input, previousId: said === undefined ? undefined : previousId };
    if (generates) return this.beginnings.enter().then(this.asking(turn, told));
    if (said === undefined) this.tellRefusal(missingAnswer(previousId!).error, lane);
    else this.warmUp(asked, input);
    return undefined;
  }

  /** Apart for the same reason. */
  private asking({ body }: AskedTurn, told: Told): (begun: () => void) => Promise<void> {
    return (begun) => (this.gone.signal.aborted ? Promise.resolve() : this.tell(this.ask(body), told, begun)).finally(begun);
  }

  private failed(error: unknown, lane: string | undefined): void {
    // A stream breaks off when its client hangs up.
    if (this.gone.signal.aborted) return;
    console.error('turn failed', error instanceof Error ? (error.stack ?? error.message) : String(error));
    this.tellRefusal(internalError().error, lane);
  }

  private warmUp(turn: AskedTurn, input: string | undefined): void {
    const { id, events } = warmedUp(turn, requestId(newNonce()));
    if (input !== undefined) this.saidBefore.keep(id, input);
    for (const event of events) this.send(event);
  }

  private ask(body: string): Promise<Response> {
    return this.serve(turnRequest(this.url, this.headers, body), () => this.gone.signal);
  }

  private async tell(asked: Promise<Response>, { lane, input, previousId }: Told, begun: () => void): Promise<void> {
    const response = await asked;
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (!isStream || !response.body) {
      const { status, headers } = response;
      this.send(refusalEvent({ status, headers: Object.fromEntries(headers), body: await response.text() }, lane));
      return;
    }
    for await (const data of failingOnce(messagesOf(response.body))) {
      if (data !== KEEPALIVE) begun();
      const answered = input === undefined ? undefined : answeredBy(data, input);
      if (answered && !this.gone.signal.aborted) this.saidBefore.keep(answered.id, answered.said);
      this.send(inLane(previousId === undefined ? data : goingOnFrom(data, previousId), lane));
    }
  }

  /** Turns under way are served to their end; an error before it, of no lane, would be taken for the end of them all. */
  private expire(): void {
    this.isOver = true;
    if (this.load.isIdle) this.close();
  }

  private end(lane: string | undefined): void {
    this.isOver = true;
    this.isToldSo = true;
    this.refuse(LIMIT_REACHED, lane);
  }

  /** The client may take its time with the rest of the handshake, or forever. */
  private close(): void {
    this.saidBefore.clear();
    if (this.gone.signal.aborted) return;
    if (!this.isToldSo) this.tellRefusal(LIMIT_REACHED, undefined);
    this.isToldSo = true;
    this.socket.close(1000, 'limit reached');
  }

  private refuse(error: GatewayError, lane?: string): void {
    this.queue(lane, 0, () => this.tellRefusal(error, lane));
  }

  private tellRefusal(error: GatewayError, lane: string | undefined): undefined {
    this.send(refusalEvent(openaiResponses.renderError(error, requestId(newNonce())), lane));
  }

  private send(text: string): void {
    if (this.gone.signal.aborted) return;
    this.load.sent(text);
    try {
      this.socket.send(text);
    } catch {
      // The client is leaving; its `close` is on the way.
      this.gone.abort();
    }
  }
}
