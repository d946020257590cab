import { describe, expect, it } from 'vitest';
import type { ErrorKind, GatewayError } from '../../../../src/core/errors';
import { renderGeminiError } from '../../../../src/dialects/gemini/errors';

const render = (error: GatewayError) => {
  const { status, headers, body } = renderGeminiError(error, 'req_1');
  return { status, headers, error: JSON.parse(body).error };
};

describe('an error as Google has it', () => {
  it.each<[ErrorKind, number, string]>([
    ['invalid_request', 400, 'INVALID_ARGUMENT'],
    ['unknown_model', 400, 'INVALID_ARGUMENT'],
    ['invalid_key', 401, 'UNAUTHENTICATED'],
    ['insufficient_credits', 402, 'FAILED_PRECONDITION'],
    ['tier_required', 403, 'PERMISSION_DENIED'],
    ['not_found', 404, 'NOT_FOUND'],
    ['idempotency_in_flight', 409, 'ABORTED'],
    ['gone', 410, 'NOT_FOUND'],
    ['idempotency_mismatch', 422, 'INVALID_ARGUMENT'],
    ['rate_limited', 429, 'RESOURCE_EXHAUSTED'],
    ['internal', 500, 'INTERNAL'],
    ['upstream_failed', 502, 'UNAVAILABLE'],
    ['no_provider', 503, 'UNAVAILABLE'],
    ['upstream_overloaded', 503, 'UNAVAILABLE'],
  ])('%s is %i %s', (kind, code, name) => {
    const { status, error } = render({ kind, message: 'Why.' });
    expect(status).toBe(code);
    expect(error).toMatchObject({ code, message: 'Why.', status: name });
  });

  it('tells a client not to wait for a limit that lasts', () => {
    const { headers, error } = render({ kind: 'rate_limited', message: 'An hour.', retryAfterSeconds: 3_000 });
    expect(headers).toEqual({ 'x-should-retry': 'false', 'retry-after-ms': '100', 'content-type': 'application/json' });
    expect(error.details[1]).toEqual({
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [{ quotaId: expect.stringMatching(/PerDay$/), description: 'An hour.' }],
    });
    expect(render({ kind: 'spending_limit', message: 'A month.' }).error.details[1]['@type']).toContain('QuotaFailure');
  });

  it('tells how long to wait for one that clears', () => {
    const { headers, error } = render({ kind: 'spending_in_flight', message: 'Soon.', retryAfterSeconds: 5 });
    expect(headers).toMatchObject({ 'retry-after': '5' });
    expect(error.details[1]).toEqual({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '5s' });
  });

  it('has further facts as text', () => {
    const details = { required: 200, available: 1.5, limit_source: 'credits' };
    expect(render({ kind: 'insufficient_credits', message: 'Top up.', details }).error.details).toEqual([
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'INSUFFICIENT_CREDITS',
        domain: 'gateway',
        metadata: { type: 'insufficient_credits', required: '200', available: '1.5', limit_source: 'credits', request_id: 'req_1' },
      },
    ]);
  });

  it('names the field at fault, and the models that there are', () => {
    const error: GatewayError = { kind: 'unknown_model', message: 'No.', param: 'model', details: { available_models: ['a', 'b'] } };
    expect(render(error).error.details).toMatchObject([
      { metadata: { param: 'model', available_models: 'a, b' } },
      { fieldViolations: [{ field: 'model', description: 'No.' }] },
    ]);
  });
});
