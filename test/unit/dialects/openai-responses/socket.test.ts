import { describe, expect, it } from 'vitest';
import {
  type AskedTurn,
  answeredBy,
  failingOnce,
  goingOnFrom,
  inLane,
  keptInput,
  messagesOf,
  readMessage,
  refusalEvent,
  turnHeaders,
  turnRequest,
  warmedUp,
  withSaid,
} from '../../../../src/dialects/openai-responses/socket';
import { readCallBody } from '../../../../src/http/body';

function turnOf(message: unknown): AskedTurn {
  const read = readMessage(typeof message === 'string' ? message : JSON.stringify(message));
  if (!read.ok || read.value.kind !== 'turn') throw new Error(JSON.stringify(read));
  return read.value.turn;
}

const user = (content: string) => ({ type: 'message', role: 'user', content });

describe('a message that asks for a turn', () => {
  it('is sent on as it was written, but for what belongs to the connection', () => {
    const written =
      '{"type":"response.create", "model":"m","input":[{"role":"user","content":"x"}],"seed":1.0,"stream_id":"a","background":true,"generate":true}';
    const turn = turnOf(written);
    expect(turn.body).toBe('{"model":"m","input":[{"role":"user","content":"x"}],"seed":1.0,"stream":true}');
    expect(turn).toMatchObject({
      lane: 'a',
      generates: true,
      isPart: false,
      previousId: undefined,
    });
    expect(JSON.parse(turnOf({ type: 'response.create', stream: false, input: 'x' }).body)).toEqual({ input: 'x', stream: true });
  });

  it('says whether it generates, and whether more is said elsewhere', () => {
    const asked = (more: object) => turnOf({ type: 'response.create', input: 'x', ...more });
    expect(asked({ generate: false }).generates).toBe(false);
    expect(asked({ generate: null }).generates).toBe(true);
    expect(
      [{ conversation: 'conv_1' }, { prompt: { id: 'p' } }, { conversation: null, prompt: null }].map((more) => asked(more).isPart),
    ).toEqual([true, true, false]);
  });

  it('goes on with all that was said in place of the answer’s name', () => {
    const turn = turnOf({ type: 'response.create', previous_response_id: 'resp_1', input: 'Second?', model: 'm' });
    const whole = withSaid(turn, JSON.stringify(user('First?')));
    expect(JSON.parse(whole.body)).toEqual({ model: 'm', stream: true, input: [user('First?'), user('Second?')] });
    expect(JSON.parse(`[${keptInput(whole, 1_000)}]`)).toEqual([user('First?'), user('Second?')]);
    expect(JSON.parse(withSaid(turn, '').body).input).toEqual([user('Second?')]);
    const silent = turnOf({ type: 'response.create', previous_response_id: 'resp_1', model: 'm' });
    expect(JSON.parse(withSaid(silent, JSON.stringify(user('First?'))).body).input).toEqual([user('First?')]);
  });

  it('keeps its input as it was written, up to a length', () => {
    const kept = (input: string, mostChars = 100) => keptInput(turnOf(`{"type":"response.create","input":${input}}`), mostChars);
    expect(kept('[ {"seed":1.0} ,{"b":"\\u00e9"}]')).toBe('{"seed":1.0},{"b":"\\u00e9"}');
    expect(kept('"\\u00e9"')).toBe('{"type":"message","role":"user","content":"\\u00e9"}');
    expect([kept('[ ]'), kept('null'), kept('"xyz"', 4)]).toEqual(['', '', undefined]);
  });

  it('holds what was said once, however often it names its input', () => {
    const turn = turnOf('{"type":"response.create","input":"x","inp\\u0075t":"y","input":"z","previous_response_id":"resp_1"}');
    const [before, last] = [user('First?'), user('z')].map((item) => JSON.stringify(item));
    expect(withSaid(turn, before!).body).toBe(`{"input":[${before},${last}],"stream":true}`);
  });

  it('that is wrong stays wrong when it goes on from an answer', () => {
    for (const wrong of [{ input: 7 }, { input: {} }, { input: 'x', conversation: 'conv_1' }]) {
      const turn = turnOf({ type: 'response.create', previous_response_id: 'resp_1', ...wrong });
      expect(withSaid(turn, JSON.stringify(user('First?'))).body).toBe(turn.body);
    }
  });

  it('is not parsed when it has too many values for memory', () => {
    const read = readMessage(`{"type":"response.create","input":[${'{},'.repeat(200_000)}{}]}`);
    expect(read).toMatchObject({ ok: false, error: { code: 'body_too_complex' } });
  });

  it('has the headers of its connection, without what is about that or about one call', () => {
    const headers = { authorization: 'Bearer k', upgrade: 'websocket', 'idempotency-key': 'i', 'x-resumable': 'true' };
    const told = (betas: string) => [...turnHeaders(new Headers({ ...headers, 'openai-beta': betas }))];
    const kept = [
      ['authorization', 'Bearer k'],
      ['content-type', 'application/json'],
    ];
    expect(told('responses_websockets=2026-02-06')).toEqual(kept);
    expect(told('responses_websockets=2026-02-06, other=v1')).toEqual([...kept, ['openai-beta', 'other=v1']]);
  });

  it('is read as one over HTTP, a large one into pooled bytes', async () => {
    const text = 'é'.repeat(40_000);
    const request = turnRequest('https://gateway.test/v1/responses', new Headers(), text);
    const read = await readCallBody(request, 1_000_000, async () => undefined, false);
    expect(read).toMatchObject({ ok: true, value: { body: text, bytes: { bytes: new TextEncoder().encode(text) } } });
  });
});

describe('the last event of a stream', () => {
  const input = keptInput(turnOf({ type: 'response.create', input: 'x' }), 3)!;
  const item = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'y' }] };
  const ends = (type: string, response: object) => answeredBy(JSON.stringify({ type, response }), input);

  it('tells what the next turn goes on from', () => {
    const answered = ends('response.completed', { id: 'resp_1', status: 'completed', output: [item] })!;
    expect(answered.id).toBe('resp_1');
    expect(JSON.parse(`[${answered.said}]`)).toEqual([user('x'), item]);
    const cut = { ...item, status: 'incomplete' };
    const half = { type: 'function_call', status: 'incomplete', call_id: 'c', name: 'n', arguments: '{' };
    const short = ends('response.incomplete', { id: 'resp_2', status: 'incomplete', output: [cut, half] })!;
    expect(JSON.parse(`[${short.said}]`)).toEqual([user('x'), cut]);
  });

  it('is no event before it, no failure, and none that a text only quotes', () => {
    expect(ends('response.created', { id: 'resp_1', status: 'in_progress', output: [] })).toBeUndefined();
    expect(ends('response.failed', { id: 'resp_1', status: 'failed', output: [] })).toBeUndefined();
    const quoted = JSON.stringify({ type: 'response.output_text.delta', delta: '{"type":"response.completed"}' });
    expect(answeredBy(quoted, input)).toBeUndefined();
  });
});

describe('a message that asks for nothing', () => {
  it('is not refused, since a client would take that for the end of its next turn', () => {
    expect(readMessage('{"type":"response.processed","response_id":"resp_1"}')).toEqual({ ok: true, value: { kind: 'notice' } });
  });
});

describe('what is said back', () => {
  it('is each event of a stream, and a keepalive before the first', async () => {
    const chunks = [': ping\n', ': ping\n', '\nevent: a\ndata: {"type":"a"}\n\ndata: {"ty', 'pe":"b"}\n\ndata: {"type":"c"}\n'];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        controller.close();
      },
    });
    const said = [];
    for await (const message of messagesOf(body)) said.push(JSON.parse(message).type);
    expect(said).toEqual(['keepalive', 'keepalive', 'a', 'b', 'c']);
  });

  it('ends a turn that fails once', async () => {
    const heard = async (...types: string[]) => {
      const events = (async function* () {
        for (const type of types) yield JSON.stringify({ type });
      })();
      const passed = [];
      for await (const event of failingOnce(events)) passed.push(JSON.parse(event).type);
      return passed;
    };
    expect(await heard('response.created', 'error', 'response.failed')).toEqual(['response.created', 'response.failed']);
    expect(await heard('response.created', 'error')).toEqual(['response.created', 'error']);
    expect(await heard('error', 'error', 'other')).toEqual(['error', 'error', 'other']);
  });

  it('names the lane that it belongs to', () => {
    expect(inLane('{"type":"x"}', undefined)).toBe('{"type":"x"}');
    expect(JSON.parse(inLane('{"type":"x"}', 'a "b"'))).toEqual({ type: 'x', stream_id: 'a "b"' });
    const turn = turnOf({
      type: 'response.create',
      generate: false,
      model: 'm',
      stream_id: 'a',
      store: false,
      previous_response_id: 'resp_0',
    });
    const { id, events } = warmedUp(turn, 'req_abc');
    expect(id).toBe('resp_abc');
    expect(events.map((event) => JSON.parse(event))).toMatchObject([
      { type: 'response.created', stream_id: 'a', sequence_number: 0, response: { id, status: 'in_progress' } },
      {
        type: 'response.completed',
        stream_id: 'a',
        sequence_number: 1,
        response: {
          id,
          status: 'completed',
          model: 'm',
          store: false,
          previous_response_id: 'resp_0',
          output: [],
          usage: { total_tokens: 0 },
        },
      },
    ]);
  });

  it('names the answer that it goes on from', () => {
    const event = (type: string, previous: string | null) => `{"type":"${type}","response":{"previous_response_id":${previous},"n":1.0}}`;
    expect(goingOnFrom(event('response.created', null), 'resp_1')).toBe(event('response.created', '"resp_1"'));
    const delta = '{"type":"response.output_text.delta","delta":"x"}';
    expect(goingOnFrom(delta, 'resp_1')).toBe(delta);
  });

  it('has a refusal as HTTP has it, and of its headers what clients go by', () => {
    const body = JSON.stringify({ error: { type: 'rate_limit_error', message: 'Slow down.', code: null, param: null, request_id: 'r' } });
    const headers = { 'content-type': 'application/json', 'retry-after': '5', 'x-request-id': 'r', server: 'x' };
    expect(JSON.parse(refusalEvent({ status: 429, headers, body }, undefined))).toEqual({
      type: 'error',
      sequence_number: 0,
      status: 429,
      code: 'rate_limit_error',
      message: 'Slow down.',
      param: null,
      error: { type: 'rate_limit_error', message: 'Slow down.', code: 'rate_limit_error', param: null, request_id: 'r' },
      headers: { 'retry-after': '5', 'x-request-id': 'r' },
    });
  });
});
