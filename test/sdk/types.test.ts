// The types against the gateway's document, which is generated from the schemas that its routes validate with.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildDocument, renderTypes, TYPES_FILE } from '../../sdk/scripts/types.mjs';
import { errorInside, errorOf } from '../../sdk/src/core/errors.js';
import { APIError, BadGatewayError, GatewayTimeoutError, ServerError } from '../../sdk/src/index.js';

interface Document {
  components: { responses: Record<string, { content: { 'application/json': { examples?: Record<string, { value: unknown }> } } }> };
}

let document: Document;
beforeAll(async () => {
  document = await buildDocument();
}, 60_000);

it('are what the document makes; `node sdk/scripts/types.mjs` writes them anew', () => {
  expect(readFileSync(TYPES_FILE, 'utf8')).toBe(renderTypes(document));
});

it('refuse a document that lacks one of them', () => {
  const { schemas } = (document as unknown as { components: { schemas: Record<string, unknown> } }).components;
  const { ChatParams: _gone, ...others } = schemas;
  expect(() => renderTypes({ ...document, components: { ...document.components, schemas: others } })).toThrow('ChatParams');
});

describe('errors', () => {
  const examples = () =>
    Object.entries(document.components.responses).flatMap(([name, { content }]) => {
      const status = Number(/\d+$/.exec(name)?.[0] ?? 0);
      return Object.entries(content['application/json'].examples ?? {}).map(([kind, { value }]) => ({ name, kind, status, value }));
    });

  it('have a class of their own for every status that the document has', () => {
    const statuses = [...new Set(examples().map(({ status }) => status))].filter((status) => status > 0);
    expect(statuses.length).toBeGreaterThan(10);
    const without = statuses.filter((status) =>
      [APIError, ServerError].includes(errorOf({ status, body: {} }).constructor as typeof APIError),
    );
    expect(without).toEqual([]);
  });

  it('of a job that goes on is no failure, wherever it comes', () => {
    const body = { error: { type: 'api_error', message: 'This is taking longer', code: 'still_running', job_id: 'job_1' } };
    expect(errorInside(body)).toBeInstanceOf(GatewayTimeoutError);
    expect(errorInside(body)?.jobId).toBe('job_1');
    expect(errorInside({ error: { ...body.error, code: null } })).toBeInstanceOf(BadGatewayError);
  });

  it('are known by their body alone, where the status was sent before them', () => {
    for (const { name, kind, status, value } of examples()) {
      if (/^(?:Gemini|Unified)/.test(name)) continue;
      const error = errorInside(value);
      expect(error, `${name} ${kind}`).toBeInstanceOf(APIError);
      // Some statuses have no error class of their own; whether they are retried must be right all the same.
      expect(Math.floor((error?.status ?? 0) / 100), `${name} ${kind}`).toBe(Math.floor(status / 100));
    }
  });
});
