import { describe, expect, it } from 'vitest';
import type { GatewayError } from '../../../../src/core/errors';
import { openaiResponses } from '../../../../src/dialects/openai-responses/dialect';
import { ResponsesStream } from '../../../../src/dialects/openai-responses/stream';
import { checkStream } from './check-stream';
import { FIXTURES } from './fixtures';
import { eventsOf, REQUEST_ID, RESPONSE_ID, requestOf } from './support';

const streamOf = () => new ResponsesStream(requestOf({ metadata: { team: 'a' }, temperature: 0.2 }), REQUEST_ID);
const PARTIAL = FIXTURES['cut-short'];
const CREATED = FIXTURES.plain.slice(0, FIXTURES.plain.indexOf('event: response.in_progress'));

describe('keepalive', () => {
  it('is a comment of one newline until the response is created', () => {
    expect(streamOf().keepalive()).toBe(': ping\n');
  });

  it('is an event under the last number after that, and uses none up', () => {
    const stream = streamOf();
    const relay = stream.relay('openai-responses');
    const opening = relay.push(CREATED);
    const event = 'event: keepalive\ndata: {"type":"keepalive","sequence_number":0}\n\n';
    expect(stream.keepalive()).toBe(event);
    const rest = relay.push(PARTIAL.slice(CREATED.length));
    expect(stream.keepalive()).toContain('"sequence_number":5}');
    checkStream(opening + event + rest + stream.keepalive() + stream.fail({ kind: 'internal', message: 'Broke.' }), RESPONSE_ID);
  });
});

describe('a failure', () => {
  it('is told twice: by `error` for the SDKs, by `response.failed` for Codex', () => {
    const stream = streamOf();
    stream.relay('openai-responses').push(PARTIAL);
    const [error, failed] = eventsOf(stream.fail({ kind: 'upstream_failed', message: 'The provider failed.' }));
    expect(error).toEqual({
      type: 'error',
      sequence_number: 6,
      code: 'api_error',
      message: 'The provider failed.',
      param: null,
      error: { type: 'api_error', message: 'The provider failed.', code: 'api_error', param: null, request_id: REQUEST_ID },
    });
    expect(failed).toMatchObject({
      type: 'response.failed',
      sequence_number: 7,
      response: {
        id: RESPONSE_ID,
        object: 'response',
        status: 'failed',
        model: 'gpt-5.3-codex',
        error: { code: 'server_error', message: 'The provider failed.' },
        output: [],
        usage: null,
      },
    });
  });

  it('of a stream that nobody remembers is told twice all the same, above all numbers', () => {
    const lone = openaiResponses.renderLoneError({ kind: 'upstream_failed', message: 'Cut off.' }, REQUEST_ID);
    checkStream(streamOf().relay('openai-responses').push(PARTIAL) + lone, RESPONSE_ID);
    expect(eventsOf(lone)).toMatchObject([{ message: 'Cut off.' }, { response: { error: { message: 'Cut off.' } } }]);
  });

  it('before any event has a whole response object all the same', () => {
    const [, failed] = eventsOf(streamOf().fail({ kind: 'upstream_failed', message: 'All failed.' }));
    expect(failed!.response).toMatchObject({
      id: RESPONSE_ID,
      metadata: { team: 'a' },
      temperature: 0.2,
      tools: [],
      created_at: expect.any(Number),
    });
  });

  const codes: [GatewayError, string][] = [
    [{ kind: 'upstream_failed', message: '', code: 'rate_limit_exceeded' }, 'server_error'],
    [{ kind: 'upstream_overloaded', message: '' }, 'server_error'],
    [{ kind: 'unavailable', message: '' }, 'server_error'],
    [{ kind: 'insufficient_credits', message: '' }, 'invalid_prompt'],
    [{ kind: 'spending_limit', message: '' }, 'invalid_prompt'],
    [{ kind: 'upstream_rejected', message: '', code: 'invalid_value' }, 'invalid_prompt'],
    [{ kind: 'upstream_rejected', message: '', code: 'context_length_exceeded' }, 'context_length_exceeded'],
  ];
  it.each(codes)('%o has the code %s', (error, code) => {
    expect(eventsOf(streamOf().fail(error))[1]!.response).toMatchObject({ error: { code } });
  });
});
