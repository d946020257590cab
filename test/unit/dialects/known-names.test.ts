import { describe, expect, it } from 'vitest';
import { namesRead, unambiguous } from '../../../src/dialects/known-names';

const NAMES = ['model', 'n', 'messages', 'maxOutputTokens'];
const read = (body: string, isFree = false) => unambiguous(body, namesRead(NAMES, { isFree }));

describe('a body', () => {
  it('with each name once is left as it came', () => {
    const body = ' { "model" : "a","User":1,"user":2, "x":{"Model":1} } ';
    expect(read(body)).toEqual({ ok: true, value: body });
  });

  it('says the same wherever a name stands twice', () => {
    expect(read('{"model":"dear","n":1,"mod\\u0065l":"cheap","n":2}')).toEqual({
      ok: true,
      value: '{"model":"cheap","n":2,"mod\\u0065l":"cheap","n":2}',
    });
  });

  it.each([
    ['beside the name itself', '{"model":"cheap","Model":"dear"}', 'Model'],
    ['alone', '{"model":"cheap","N":128}', 'N'],
    ['by letters that fold to the same', '{"me\u017fsages":[]}', 'me\u017fsages'],
    ['in the other spelling', '{"max_output_tokens":1,"MaxOutputTokens":2}', 'MaxOutputTokens'],
  ])('with a name in another case is refused: %s', (_, body, param) => {
    expect(read(body)).toMatchObject({ ok: false, error: { kind: 'invalid_request', param } });
  });

  it('of a format with two spellings may have either, and not both', () => {
    expect(read('{"max_output_tokens":1}', true).ok).toBe(true);
    expect(read('{"max_output_tokens":1,"maxOutputTokens":2}', true)).toMatchObject({ ok: false, error: { param: 'maxOutputTokens' } });
    expect(read('{"Maxoutputtokens":1}', true).ok).toBe(false);
  });
});
