import { describe, expect, it } from 'vitest';
import { anthropic } from '../../../src/providers/anthropic/spec';
import type { FailureAction } from '../../../src/providers/types';
import { anthropicMessagesWire } from '../../../src/providers/wires/anthropic-messages';

const { classifyFailure, errorInBody } = anthropicMessagesWire;
const errorOf = (type: string, message: string) => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
});

/** From https://platform.claude.com/docs/en/api/errors */
const refusals: [number, string, string, FailureAction][] = [
  [400, 'invalid_request_error', 'max_tokens: 300000 > 128000, which is the maximum allowed', 'caller'],
  [400, 'invalid_request_error', 'messages.1.content.0: Invalid `signature` in `thinking` block', 'caller'],
  [400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum', 'caller'],
  [400, 'invalid_request_error', 'adaptive thinking is not supported on this model', 'caller'],
  [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.', 'next_key'],
  [400, 'invalid_request_error', 'This organization has been disabled.', 'next_key'],
  [401, 'authentication_error', 'invalid x-api-key', 'next_key'],
  [402, 'billing_error', 'There is an issue with your billing.', 'next_key'],
  [403, 'permission_error', 'Your API key does not have permission to use the specified resource.', 'next_key'],
  [404, 'not_found_error', 'model: claude-opus-9', 'next_target'],
  [413, 'request_too_large', 'Request exceeds the maximum allowed number of bytes.', 'caller'],
  [429, 'rate_limit_error', "This request would exceed your organization's rate limit.", 'backoff_key'],
  [500, 'api_error', 'Internal server error', 'retry'],
  [504, 'timeout_error', 'The request timed out while processing.', 'next_target'],
  [529, 'overloaded_error', 'Overloaded', 'retry'],
];

describe('a refusal by Anthropic', () => {
  it.each(refusals)('%i %s: %s', (status, type, message, action) => {
    expect(classifyFailure(status, JSON.stringify(errorOf(type, message)))).toMatchObject({ action, message });
  });

  it.each(refusals)('is the same inside an answer that began well: %i %s: %s', (_status, type, message, action) => {
    expect(errorInBody(errorOf(type, message))).toMatchObject({ action, message });
  });

  it('is told with its details, where the caller is at fault and they are short', () => {
    const refusal = (status: number, details: unknown) =>
      classifyFailure(status, JSON.stringify({ error: { type: 'invalid_request_error', message: 'No', details } }));
    expect(refusal(400, { error_code: 'x' })).toMatchObject({ action: 'caller', details: { error_code: 'x' } });
    expect(refusal(500, { error_code: 'x' })).not.toHaveProperty('details');
    for (const details of [null, 'x', { error_code: 'x'.repeat(4_000) }]) expect(refusal(400, details)).not.toHaveProperty('details');
  });

  it('is told without credentials', () => {
    const said = classifyFailure(
      401,
      JSON.stringify(errorOf('authentication_error', 'invalid key sk-ant-api03-abcdefghijklmnopqrstuvwxyz')),
    );
    expect(said.message).not.toContain('abcdefghij');
  });

  it.each(['', '<html><body>502</body></html>', 'upstream connect error'])('may be no JSON at all: %j', (body) => {
    expect(classifyFailure(502, body).action).toBe('retry');
  });
});

describe('an error inside an answer', () => {
  it.each([
    ['of a proxy', { error: { code: 529, message: 'Overloaded' } }, 'retry'],
    ['of a proxy that is in a hurry', { error: { code: 429, message: 'Slow down' } }, 'backoff_key'],
    ['with a status of no failure', { error: { code: 200, message: 'Broken' } }, 'retry'],
    ['of an unknown type', errorOf('new_error', 'New'), 'retry'],
    ['that is a string', { error: 'no capacity' }, 'retry'],
    ['that is flat', { type: 'error', message: 'Broken' }, 'retry'],
  ] as const)('is found: %s', (_what, json, action) => {
    expect(errorInBody(json)?.action).toBe(action);
  });

  it('says what went wrong, where it is flat too', () => {
    expect(errorInBody({ type: 'error', message: 'Broken' })?.message).toBe('Broken');
  });

  it.each([
    undefined,
    null,
    [],
    'x',
    {},
    { error: '' },
    { type: 'message', content: [], error: null },
    { type: 'message', content: [], error: { message: 'beside an answer' } },
    { type: 'message_start', message: {} },
  ])('is not seen where there is none: %j', (json) => {
    expect(errorInBody(json)).toBeUndefined();
  });
});

describe('Anthropic', () => {
  it('is asked at its own address, with its own headers', () => {
    const { path, authorize, headers } = anthropicMessagesWire;
    expect(anthropic.baseUrl + path({ model: 'claude-opus-4-6', stream: true })).toBe('https://api.anthropic.com/v1/messages');
    expect(authorize('sk-ant-x')).toEqual({ 'x-api-key': 'sk-ant-x' });
    expect(headers).toEqual({ 'anthropic-version': '2023-06-01' });
  });
});
