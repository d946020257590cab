import { describe, expect, it, vi } from 'vitest';
import { keptEvent, keptResponse } from '../../../../src/dialects/openai-responses/kept';

const kept = (status: string) => `{"id":"resp_1", "status":"${status}","usage":{"input_tokens":1.0,"cost":2} }`;
const shown = (status: string, more = '') => kept(status).replace(',"cost":2', more);

describe('an answer that is fetched again', () => {
  it('has what its client paid in place of what it cost the operator', async () => {
    expect(await keptResponse(kept('completed'), async () => 0.5)).toBe(shown('completed', ',"creditsUsed":0.5'));
    expect(await keptResponse(kept('completed'), async () => undefined)).toBe(shown('completed'));
  });

  it('costs nothing yet while it is made', async () => {
    const cost = vi.fn(async () => 0.5);
    for (const status of ['queued', 'in_progress']) expect(await keptResponse(kept(status), cost)).toBe(shown(status));
    expect(cost).not.toHaveBeenCalled();
  });

  it('is as it came where it tells of no usage', async () => {
    for (const raw of ['{"status":"completed","usage":null}', '{"usage":[1]}', '[1]', 'no JSON'])
      expect(await keptResponse(raw, async () => 0.5)).toBe(raw);
  });

  it('is the same as a stream', async () => {
    const event = (response: string) => `event: response.completed\ndata: {"type":"response.completed","response":${response}}\n\n`;
    const cost = async () => 0.5;
    expect(await keptEvent(event(kept('completed')), cost)).toBe(event(shown('completed', ',"creditsUsed":0.5')));
    for (const other of [event('{"usage":null}'), 'data: {"type":"x","usage":{"cost":1}}\n\n', ': "usage"\n\n', 'data: [DONE]\n\n'])
      expect(await keptEvent(other, cost)).toBe(other);
  });
});
