import { describe, expect, it } from 'vitest';
import { redactSecrets } from '../../../src/providers/redact';

describe('redactSecrets', () => {
  it.each([
    ['Incorrect API key provided: sk-proj-ab12****wxyz.', 'Incorrect API key provided: [redacted]'],
    ['Incorrect API key provided: xa***34. Try again', 'Incorrect API key provided: [redacted] Try again'],
    ['sent Authorization: Bearer abc.def-ghi', 'sent Authorization: Bearer [redacted]'],
    ['sent authorization: bearer 0123456789', 'sent authorization: bearer [redacted]'],
    ['Basic dXNlcjpwYXNzMTI=', 'Basic [redacted]'],
    ['GET /v1beta/models?key=AIzaSyA-1234567890_x&alt=sse', 'GET /v1beta/models?key=[redacted]&alt=sse'],
    ['https://x.test/?api_key=s3cret&token=t0ken', 'https://x.test/?api_key=[redacted]&token=[redacted]'],
    ['?X-Amz-Signature=0a1b2c&X-Amz-Date=1', '?X-Amz-Signature=[redacted]&X-Amz-Date=1'],
    ['{"api_key": "s3cretvalue"}', '{"api_key": "[redacted]"}'],
    ['x-goog-api-key: s3cretvalue', 'x-goog-api-key: [redacted]'],
    ['key ck_live_abcdef123456 and ck_test_abcdef', 'key [redacted] and [redacted]'],
    ['AIzaSyA-1234567890_xyz failed', '[redacted] failed'],
    ['xai-abcdefghijklmnop1234', '[redacted]'],
    ['jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc-def', 'jwt [redacted]'],
    ['for gpt-5 in organization org-AbCdEf123456 on tokens per min', 'for gpt-5 in organization [redacted] on tokens per min'],
    ['Project `proj_aBc123DeF456` does not have access', 'Project `[redacted]` does not have access'],
    ['to https://user:pass@host.test/v1 and postgres://u:p@db/x', 'to https://[redacted]@host.test/v1 and postgres://[redacted]@db/x'],
  ])('takes the credential out of %j', (text, clean) => {
    expect(redactSecrets(text, [])).toBe(clean);
  });

  it.each([
    'You requested max_tokens=4096, the limit is 1024.',
    'an org-administrators group, org-2, proj_management',
    'task-oriented models risk-free',
    'No API key provided. You need to send one.',
    'Basic information about keys',
    'See https://platform.openai.com/docs/guides/error-codes#x and mail help@example.com',
    'The model `gpt-5` does not exist.',
    '',
  ])('leaves %j as it is', (text) => {
    expect(redactSecrets(text, [])).toBe(text);
  });

  it('takes given secrets out wherever they stand, plain or percent-encoded', () => {
    expect(redactSecrets('a hush/hush b hush%2Fhush chush/hushc', ['hush/hush'])).toBe('a [redacted] b [redacted] c[redacted]c');
  });

  it('takes the longer of two secrets first, and ignores empty ones', () => {
    expect(redactSecrets('abcdef abc', ['abc', '', 'abcdef'])).toBe('[redacted] [redacted]');
  });

  it('takes secrets for text, not for patterns', () => {
    expect(redactSecrets('a.c abc $&', ['a.c', '$&'])).toBe('[redacted] abc [redacted]');
  });

  // If time grew with the square of the length, this would take minutes and hit the runner's timeout.
  it.each(['a.', 'a_', 'eyJ-', 'api key ', 'key', '://', 'sk-', 'org-', 'org-a', 'Bearer '])(
    'comes to an end for very many of %j',
    (part) => {
      expect(redactSecrets(`${part.repeat(60_000)} secret`, ['secret'])).not.toContain('secret');
    },
  );
});
