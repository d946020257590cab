import { expect, it } from 'vitest';
import { NO_USAGE } from '../../../src/core/usage';
import { openaiEmbeddings } from '../../../src/dialects/openai-embeddings/dialect';

it('vectors are asked for as numbers where an upstream refuses any other form, and come in the form that was asked for', () => {
  const body = (more = '') => `{ "model":"m"${more}, "input":"Hi"}`;
  const url = 'https://gateway.test/v1/embeddings';
  const parsed = openaiEmbeddings.parse({ body: body(',"encoding_format":"base64"'), url, headers: new Headers() });
  if (!parsed.ok) throw new Error(parsed.error.message);
  const bridge = parsed.value.over('openai-embeddings')!;
  expect(bridge.repaired!('input is too long')).toBeUndefined();
  const again = bridge.repaired!("Setting {'encoding_format': 'base64'} is not supported by ollama.")!;
  expect(again.request({ model: 'm', moved: false }).body).toBe(body());
  expect(again.repaired!('Unrecognized request argument supplied: encoding_format')).toBeUndefined();
  const answer = '{"data":[{"embedding":[1,0.5],"index":0}]}';
  const receipt = { requestId: 'req_x', usage: NO_USAGE, reported: undefined, creditsUsed: 0 };
  expect(JSON.parse(again.renderAnswer(answer, receipt)).data).toEqual([{ embedding: 'AACAPwAAAD8=', index: 0 }]);
});
