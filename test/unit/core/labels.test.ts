import { describe, expect, it } from 'vitest';
import { labelsOf } from '../../../src/core/labels';

const of = (fields: Record<string, unknown>, headers: Record<string, string> = {}) => labelsOf(new Headers(headers), fields);

describe('whom a call is for', () => {
  it.each([
    ['what OpenAI calls the user', { user: 'ada' }],
    ['what OpenAI calls it now, before the user', { safety_identifier: 'ada', user: 'bob' }],
    ['what Anthropic calls it', { metadata: { user_id: ' ada ' } }],
  ])('is %s', (_name, fields) => {
    expect(of(fields)).toEqual({ endUser: 'ada' });
  });

  it('is what the header says, before the body', () => {
    expect(of({ user: 'bob' }, { 'x-end-user': 'ada' })).toEqual({ endUser: 'ada' });
  });

  it.each([
    [
      'a device of a coding agent',
      { metadata: { user_id: `user_${'0a'.repeat(32)}_account__session_5d6f4f5c-0000-4000-8000-000000000000` } },
    ],
    ['one as JSON', { metadata: { user_id: '{"device_id":"abc","session_id":"5d6f"}' } }],
    ['what is no text', { user: 7 }],
    ['nothing', { user: '', metadata: null }],
    ['more than anybody is called', { user: 'a'.repeat(129) }],
  ])('is never %s', (_name, fields) => {
    expect(of(fields)).toEqual({});
  });

  it('is whole in Unicode', () => {
    expect(of({ user: 'a\ud800' })).toEqual({ endUser: 'a\ufffd' });
  });
});

describe('what a call is for', () => {
  it('is each tag of the header and of the body once', () => {
    expect(of({ metadata: { tags: ['search', 'env:prod', 7] } }, { 'x-tags': ' team-a, search,,' })).toEqual({
      tags: ['team-a', 'search', 'env:prod'],
    });
    expect(of({ metadata: { tags: 'search, env:prod' } })).toEqual({ tags: ['search', 'env:prod'] });
  });

  it('is ten tags of sixty-four characters at most', () => {
    const many = Array.from({ length: 12 }, (_, index) => `tag-${index}`);
    expect(of({ metadata: { tags: ['x'.repeat(65), ...many] } })).toEqual({ tags: many.slice(0, 10) });
  });
});
