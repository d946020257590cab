import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sampleJson } from '../../../src/providers/sandbox/json-schema';

const tree = {
  $defs: {
    node: {
      type: 'object',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
      required: ['name', 'children'],
      additionalProperties: false,
    },
  },
  $ref: '#/$defs/node',
};

const list = {
  type: 'object',
  properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
  required: ['next'],
};

describe('sampleJson', () => {
  it.each<[string, unknown, unknown]>([
    ['a string', { type: 'string' }, 'sandbox'],
    ['a number', { type: 'number' }, 1],
    ['an integer', { type: 'integer' }, 1],
    ['a boolean', { type: 'boolean' }, true],
    ['null', { type: 'null' }, null],
    ['the first of an enum', { type: 'string', enum: ['celsius', 'kelvin'] }, 'celsius'],
    ['a constant, even a falsy one', { const: 0 }, 0],
    ['required properties only', { type: 'object', properties: { a: { type: 'string' }, b: {} }, required: ['a'] }, { a: 'sandbox' }],
    ['a required property without a schema', { type: 'object', required: ['a'] }, { a: 'sandbox' }],
    ['an array with one item', { type: 'array', items: { type: 'integer' } }, [1]],
    ['as many items as are needed', { type: 'array', items: { type: 'boolean' }, minItems: 3 }, [true, true, true]],
    ['no more items than are allowed', { type: 'array', items: {}, maxItems: 0 }, []],
    ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false }, ['sandbox', 1]],
    ['the first type that is not null', { type: ['null', 'string'] }, 'sandbox'],
    ['the first option that is not null', { anyOf: [{ type: 'null' }, { type: 'integer' }] }, 1],
    [
      'all of an intersection',
      { allOf: [{ required: ['a'] }, { required: ['b'], properties: { b: { type: 'null' } } }] },
      { a: 'sandbox', b: null },
    ],
    ['a format', { type: 'string', format: 'date' }, '2026-01-01'],
    ['a length', { type: 'string', minLength: 10 }, 'sandbox sa'],
    ['a short length', { type: 'string', maxLength: 4 }, 'sand'],
    ['the example of a pattern', { type: 'string', pattern: '^[A-Z]{3}$', examples: ['EUR'] }, 'EUR'],
    ['a minimum', { type: 'integer', minimum: 18 }, 18],
    ['a maximum', { type: 'integer', maximum: -3 }, -3],
    ['exclusive bounds', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0.5],
    ['an exclusive integer minimum', { type: 'integer', exclusiveMinimum: 5 }, 6],
    ['a multiple', { type: 'integer', minimum: 11, multipleOf: 5 }, 15],
    ['a negative multiple', { type: 'integer', maximum: -1, multipleOf: 10 }, -10],
    ['escaped references', { $ref: '#/$defs/a~1b', $defs: { 'a/b': { const: 'found' } } }, 'found'],
    ['a missing reference', { $ref: '#/$defs/none' }, 'sandbox'],
  ])('makes %s', (_, schema, expected) => {
    expect(sampleJson(schema)).toEqual(expected);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a recursive tree', tree],
    ['a recursive list', list],
    [
      'an order',
      {
        type: 'object',
        properties: {
          customer: { type: 'object', properties: { email: { type: 'string', format: 'email' } }, required: ['email'] },
          lines: {
            type: 'array',
            minItems: 2,
            items: {
              type: 'object',
              properties: { sku: { type: 'string' }, quantity: { type: 'integer', minimum: 1, maximum: 9 }, gift: { type: 'boolean' } },
              required: ['sku', 'quantity', 'gift'],
              additionalProperties: false,
            },
          },
          note: { type: ['string', 'null'] },
          priority: { enum: ['low', 'high'] },
        },
        required: ['customer', 'lines', 'note', 'priority'],
        additionalProperties: false,
      },
    ],
  ])('satisfies the schema of %s', (_, schema) => {
    const sample = sampleJson(schema);
    expect(z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(sample)).toMatchObject({ success: true });
  });

  it('ends on schemas that have no finite value', () => {
    const forever = { type: 'object', properties: { a: { $ref: '#' }, b: { $ref: '#' } }, required: ['a', 'b'] };
    expect(JSON.stringify(sampleJson(forever)).length).toBeLessThan(200_000);
    expect(sampleJson({ $ref: '#' })).toBe('sandbox');
    expect(sampleJson({ allOf: [{ $ref: '#' }, { $ref: '#' }, { $ref: '#' }] })).toBe('sandbox');
  });

  it('keeps property names that mean something to JavaScript', () => {
    const sample = sampleJson({ type: 'object', required: ['__proto__', 'constructor'], properties: {} });
    expect(JSON.stringify(sample)).toBe('{"__proto__":"sandbox","constructor":"sandbox"}');
  });

  it.each([[true], [false], [null], ['text'], [[1]], [undefined]])('makes something of the schema %j', (schema) => {
    expect(() => JSON.stringify(sampleJson(schema))).not.toThrow();
  });
});
