import { describe, expect, it } from 'vitest';
import { openaiResponses } from '../../../../src/dialects/openai-responses/dialect';
import { requestOfResponse, responseId } from '../../../../src/dialects/openai-responses/ids';
import { type Json, REQUEST_ID, RESPONSE_ID, requestOf } from './support';

const parse = (body: string) => openaiResponses.parse({ body, url: 'https://gateway.test/v1/responses', headers: new Headers() });
const refusalOf = (fields: Json) => {
  const parsed = parse(JSON.stringify(fields));
  return parsed.ok ? undefined : parsed.error;
};
const TARGET = { model: 'gpt-5.3-codex', moved: false };

describe('response ids', () => {
  it('lead from the request to the response and back', () => {
    expect(responseId(REQUEST_ID)).toBe(RESPONSE_ID);
    expect(requestOfResponse(RESPONSE_ID)).toBe(REQUEST_ID);
  });

  it.each(['resp_68a1b2c3', 'resp_', REQUEST_ID, 'chatcmpl-1', 'resp_0123456789abc'])('%s is none of ours', (id) => {
    expect(requestOfResponse(id)).toBeUndefined();
  });
});

describe('what is read of a request', () => {
  it('is what is priced or routed on', () => {
    const parsed = parse(
      '{"model":"m","input":[{"type":"compaction_trigger"}],"stream":true,"max_output_tokens":9,"background":true,"store":false}',
    );
    expect(parsed).toMatchObject({ ok: true, value: { model: 'm', stream: true, maxOutputTokens: 9, background: true, choices: 1 } });
  });

  it('names the request that it goes on from', () => {
    expect(parse(JSON.stringify({ model: 'm', previous_response_id: RESPONSE_ID }))).toMatchObject({
      value: { continuesRequest: REQUEST_ID },
    });
  });

  it('may lack the input where something else brings it', () => {
    expect(refusalOf({ model: 'm', prompt: { id: 'pmpt_1' } })).toBeUndefined();
    expect(refusalOf({ model: 'm', previous_response_id: RESPONSE_ID })).toBeUndefined();
  });
});

describe('refusals', () => {
  const cases: [string, Json, Json][] = [
    ['no model', { input: 'x' }, { param: 'model', code: 'missing_required_parameter' }],
    ['no input', { model: 'm' }, { param: 'input', code: 'missing_required_parameter' }],
    ['an input that is neither text nor list', { model: 'm', input: 5 }, { param: 'input', code: 'invalid_value' }],
    ['a stream that is no boolean', { model: 'm', input: 'x', stream: 'yes' }, { param: 'stream', code: 'invalid_value' }],
    ['a bound of zero', { model: 'm', input: 'x', max_output_tokens: 0 }, { param: 'max_output_tokens' }],
    [
      'a foreign answer to go on from',
      { model: 'm', input: 'x', previous_response_id: 'resp_other' },
      { param: 'previous_response_id', code: 'previous_response_not_found' },
    ],
  ];
  it.each(cases)('%s', (_, fields, expected) => {
    expect(refusalOf(fields)).toMatchObject({ kind: 'invalid_request', ...expected });
  });

  it.each(['', '[1]', '{"model":'])('%j is no request', (body) => {
    expect(parse(body)).toMatchObject({ ok: false, error: { kind: 'invalid_request' } });
  });
});

describe('the body upstream', () => {
  const CODEX = `{"model":"gpt-5.3-codex","input":[{"type":"additional_tools","tools":[{"type":"custom","name":"apply_patch","format":{"type":"grammar","syntax":"lark","definition":"start: \\u0041"}}]},
    {"type":"reasoning","content":null,"encrypted_content":"gAAA=="}, {"type":"future_item","n":1.0}],"tools":[],"store":false, "client_metadata":{"x":1e2},"reasoning":{"effort":"high","context":"auto"}}`;
  const requestOfBody = (body: string, headers: Record<string, string> = {}) => {
    const parsed = openaiResponses.parse({ body, url: '', headers: new Headers(headers) });
    if (!parsed.ok) throw new Error(parsed.error.message);
    return parsed.value;
  };

  it('is the same to the last byte under the same model', () => {
    expect(requestOfBody(CODEX).over('openai-responses')!.request(TARGET).body).toBe(CODEX);
  });

  it('differs in the model alone under another', () => {
    const { body } = requestOfBody(CODEX)
      .over('openai-responses')!
      .request({ ...TARGET, model: 'openai/gpt-5.3-codex' });
    expect(body).toBe(CODEX.replace('gpt-5.3-codex', 'openai/gpt-5.3-codex'));
  });

  it('names the answer to go on from as the upstream does', () => {
    const request = `{"previous_response_id": "${RESPONSE_ID}", "model":"gpt-5.3-codex"}`;
    const { body } = requestOfBody(request)
      .over('openai-responses')!
      .request({ ...TARGET, storedId: 'resp_68' });
    expect(body).toBe('{"previous_response_id": "resp_68", "model":"gpt-5.3-codex"}');
  });

  it('goes with the headers that change what an upstream does, and no others', () => {
    const { headers } = requestOfBody(CODEX, {
      'openai-beta': 'responses=experimental',
      'x-openai-internal-codex-responses-lite': 'true',
      'x-codex-turn-metadata': '{"workspaces":{"/home/someone":{}}}',
      originator: 'codex_cli_rs',
      session_id: 'x',
    })
      .over('openai-responses')!
      .request(TARGET);
    expect(headers).toEqual({ 'openai-beta': 'responses=experimental', 'x-openai-internal-codex-responses-lite': 'true' });
  });
});

describe('an error', () => {
  it('of a spent limit bears the code that Codex knows', () => {
    const rendered = openaiResponses.renderError({ kind: 'spending_limit', message: 'Spent.' }, REQUEST_ID);
    expect(rendered.status).toBe(429);
    expect(JSON.parse(rendered.body)).toMatchObject({
      error: { type: 'spending_limit_error', code: 'insufficient_quota', message: 'Spent.' },
    });
  });

  it('has the shape of OpenAI', () => {
    const rendered = openaiResponses.renderError({ kind: 'upstream_overloaded', message: 'Busy.' }, REQUEST_ID);
    expect(rendered).toMatchObject({ status: 502, headers: { 'x-should-retry': 'false' } });
  });
});

it('parses with the support of these tests as the dialect does', () => {
  expect(requestOf()).toMatchObject({ store: true, background: false });
});
