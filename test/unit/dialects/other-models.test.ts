import { expect, it } from 'vitest';
import { orElse, splitModels } from '../../../src/dialects/other-models';
import { callOf } from '../gateway/support';

const split = (fields: Record<string, unknown>) => {
  const result = splitModels(JSON.stringify(fields), fields);
  return result.ok ? result.value : result.error;
};

it.each<[string, Record<string, unknown>, Record<string, unknown>, string[] | undefined]>([
  ['after the model', { model: 'a', models: ['b', 'c'] }, { model: 'a' }, ['b', 'c']],
  ['each once', { model: 'a', models: ['b', 'a', 'b'] }, { model: 'a' }, ['b']],
  ['without a model of its own', { models: ['b', 'c'], n: 1 }, { n: 1, model: 'b' }, ['c']],
  ['alone', { model: 'a', models: [] }, { model: 'a' }, undefined],
  ['as nothing', { model: 'a', models: null }, { model: 'a' }, undefined],
  ['as nothing at all', { models: [] }, {}, undefined],
])('models to ask in turn are named %s', (_what, asked, fields, otherModels) => {
  expect(split(asked)).toEqual({ body: JSON.stringify(fields), fields, ...(otherModels && { otherModels }) });
});

it('a body that names no others keeps its bytes', () => {
  const body = ' {"model" : "a"} ';
  expect(splitModels(body, { model: 'a' })).toEqual({ ok: true, value: { body, fields: { model: 'a' } } });
});

it.each(['b', { a: 1 }, [['']], [[1]], [Array.from({ length: 11 }, (_, n) => `m${n}`)]])('models are refused as %j', (models) => {
  expect(split({ model: 'a', models })).toMatchObject({ kind: 'invalid_request', param: 'models' });
});

it('ten others are not too many', () => {
  expect(split({ model: 'a', models: Array.from({ length: 10 }, (_, n) => `m${n}`) })).toHaveProperty('otherModels.9', 'm9');
});

it('a call has an alternative for each', () => {
  const call = callOf();
  expect(orElse(call, undefined)).toBe(call);
  expect(orElse(call, ['b', 'c']).alternatives).toMatchObject([{ model: 'b' }, { model: 'c' }]);
});
