import { createExecutionContext, env } from 'cloudflare:test';
import { afterEach, expect, it, vi } from 'vitest';
import { createApp } from '../../../src/app';
import type { Bindings } from '../../../src/env';

afterEach(() => vi.restoreAllMocks());

const health = (variables: object) =>
  createApp().fetch(new Request('https://gateway.example/healthz'), { ...env, ...variables } as Bindings, createExecutionContext());

it('says that the gateway is well', async () => {
  const response = await health({});
  expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
});

it.each([{ RESULT_RETENTION_DAYS: '-1' }, { CUSTOM_PROVIDERS: '{' }, { SIGN_UP: 'maybe' }, { PUBLIC_URL: 'gateway.example' }])(
  'says that it is not while a variable is not usable: %o',
  async (variables) => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const response = await health(variables);
    expect(response.status).toBe(500);
    expect(logged).toHaveBeenCalledWith('request failed', expect.stringContaining(Object.keys(variables)[0]!));
  },
);

it.each([
  ['POST', '/anthropic/v1/messages', '/v1/messages'],
  ['POST', '/v1/chat/completions/chat/completions', '/v1/chat/completions'],
  ['GET', '/compatible-mode/v1/models', '/v1/models'],
  ['POST', '/v1/moderations', undefined],
])('tells who asks at another gateway’s path where the same is here: %s %s', async (method, path, here) => {
  const response = await createApp().fetch(new Request(`https://gateway.example${path}`, { method }), env, createExecutionContext());
  const message = `There is nothing at ${method} ${path}${here === undefined ? '' : `; this gateway has ${here}`}.`;
  expect([response.status, await response.json()]).toMatchObject([404, { error: { message } }]);
});
