import { describe, expect, it } from 'vitest';
import { appendElements, elements, members, rewriteElements, rewriteMembers, setMembers } from '../../../src/core/json';
import { Random } from './random';

const SPACES = ['', '', '', ' ', '\n', '\t', '\r\n', '  \n\t '];
const PIECES = [
  'a',
  'Z',
  ' ',
  '"',
  '\\',
  '/',
  '\n',
  '\t',
  '\u0000',
  '\u001f',
  'é',
  '漢',
  '😀',
  '\ud800',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\u2028',
];
const KEYS = [
  'model',
  'usage',
  'stream_options',
  'a',
  '',
  'né',
  '"',
  '\\',
  'a"b',
  '{',
  'toString',
  '__proto__',
  'hasOwnProperty',
  '0',
  '10',
];
const NUMBERS = ['0', '-0', '1', '-12', '1.50', '1e3', '1E+30', '-2.5e-7', '12345678901234567890', '0.1000000000000000055'];

/** Writes JSON as others may: every value in many spellings. */
class Writer {
  constructor(private readonly random: Random) {}

  space(): string {
    return this.random.pick(SPACES);
  }

  string(value: string): string {
    let text = '"';
    for (const char of value) {
      const short = JSON.stringify(char).slice(1, -1);
      const code = [...Array(char.length).keys()].map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
      text += this.random.below(4) === 0 ? code : char === '/' && this.random.below(2) === 0 ? '\\/' : short;
    }
    return `${text}"`;
  }

  text(): string {
    return Array.from({ length: this.random.below(9) }, () => this.random.pick(PIECES)).join('');
  }

  value(depth: number): string {
    switch (this.random.below(depth > 0 ? 7 : 5)) {
      case 0:
      case 1:
        return this.string(this.text());
      case 2:
        return this.random.pick(NUMBERS);
      case 3:
        return this.random.pick(['true', 'false']);
      case 4:
        return 'null';
      case 5:
        return this.array(depth - 1);
      default:
        return this.object(depth - 1);
    }
  }

  array(depth: number): string {
    const items = Array.from({ length: this.random.below(4) }, () => this.space() + this.value(depth) + this.space());
    return `[${items.join(',') || this.space()}]`;
  }

  object(depth: number): string {
    const entry = () =>
      `${this.space()}${this.string(this.random.pick(KEYS))}${this.space()}:${this.space()}${this.value(depth)}${this.space()}`;
    const entries = Array.from({ length: this.random.below(6) }, entry);
    return `{${entries.join(',') || this.space()}}`;
  }

  document(): string {
    return this.space() + this.object(4) + this.space();
  }
}

/** What `JSON.parse` would return, but with `__proto__` as a key like any other. */
const entriesOf = (text: string): Map<string, unknown> => new Map(Object.entries(JSON.parse(text) as Record<string, unknown>));

describe('members', () => {
  it('finds each member, in order, with the span of its value: 3,000 random objects', () => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const text = new Writer(new Random(seed)).document();
      const found = members(text);
      const read = new Map(found.map(({ key, start, end }) => [key, JSON.parse(text.slice(start, end)) as unknown]));
      expect(read, `seed ${seed}: ${text}`).toEqual(entriesOf(text));
      for (const { start, end } of found) expect(text.slice(start, end), `seed ${seed}`).toBe(text.slice(start, end).trim());
    }
  });

  it('gives a key that stands there twice twice', () => {
    const text = '{"a":1, "b":2, "a" : [3]}';
    expect(members(text).map(({ key, start, end }) => [key, text.slice(start, end)])).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['a', '[3]'],
    ]);
  });
});

describe('setMembers', () => {
  it('changes what it is told and leaves all other bytes as they were: 3,000 random objects', () => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const random = new Random(seed);
      const writer = new Writer(random);
      const text = writer.document();
      const changes = Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [random.pick(KEYS.filter((key) => key !== '__proto__')), writer.value(2)]),
      );
      const edited = setMembers(text, changes);

      const expected = entriesOf(text);
      for (const [key, raw] of Object.entries(changes)) expected.set(key, JSON.parse(raw));
      expect(entriesOf(edited), `seed ${seed}: ${text}`).toEqual(expected);

      const before = members(text);
      const after = members(edited);
      let [readTo, editedTo] = [0, 0];
      for (const [index, { key, start, end }] of before.entries()) {
        const now = after[index]!;
        expect(edited.slice(editedTo, now.start), `seed ${seed}`).toBe(text.slice(readTo, start));
        const raw = Object.hasOwn(changes, key) ? changes[key] : text.slice(start, end);
        expect(edited.slice(now.start, now.end), `seed ${seed}`).toBe(raw);
        [readTo, editedTo] = [end, now.end];
      }
      const close = text.lastIndexOf('}');
      expect(edited.slice(editedTo).startsWith(text.slice(readTo, close)), `seed ${seed}`).toBe(true);
      expect(edited.endsWith(text.slice(close)), `seed ${seed}`).toBe(true);
    }
  });

  it('sets a key at every place where it is repeated', () => {
    expect(setMembers('{"model":"a","model":"b"}', { model: '"c"' })).toBe('{"model":"c","model":"c"}');
  });

  it('knows a key in any spelling', () => {
    expect(setMembers('{"\\u006dodel" : "a"}', { model: '"c"' })).toBe('{"\\u006dodel" : "c"}');
  });

  it.each([
    ['{}', '{"a":1}'],
    [' { } \n', ' { "a":1} \n'],
    ['{"b":"}"}', '{"b":"}","a":1}'],
    ['{"b":{"a":2}}', '{"b":{"a":2},"a":1}'],
  ])('adds to %j', (text, edited) => {
    expect(setMembers(text, { a: '1' })).toBe(edited);
  });

  it('goes through megabytes of text in no time', () => {
    const long = '\\"\\\\'.repeat(1_000_000);
    const text = `{"long":"${long}","deep":${'['.repeat(50_000)}${']'.repeat(50_000)},"model":"a"}`;
    const began = performance.now();
    expect(setMembers(text, { model: '"b"' })).toBe(text.replace('"model":"a"', '"model":"b"'));
    // Takes some tenths of a second; reading a string or a depth again from its beginning would take an hour.
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

describe('elements', () => {
  it('finds each element, in order, with its span: 3,000 random arrays', () => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const writer = new Writer(new Random(seed));
      const text = writer.space() + writer.array(4) + writer.space();
      const found = elements(text).map(({ start, end }) => JSON.parse(text.slice(start, end)) as unknown);
      expect(found, `seed ${seed}: ${text}`).toEqual(JSON.parse(text));
    }
  });
});

describe('rewriteElements', () => {
  it('replaces some, leaves some out and keeps the rest byte for byte: 3,000 random arrays', () => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const random = new Random(seed);
      const text = new Writer(random).array(4);
      const fates = elements(text).map(() => random.below(3));
      const edited = rewriteElements(text, (raw, index) => [raw, '"new"', undefined][fates[index]!]);
      const expected = (JSON.parse(text) as unknown[]).flatMap((value, index) => [[value], ['new'], []][fates[index]!]!);
      expect(JSON.parse(edited), `seed ${seed}: ${text}`).toEqual(expected);
      const raws = (of: string) => elements(of).map(({ start, end }) => of.slice(start, end));
      expect(raws(edited), `seed ${seed}`).toEqual(raws(text).flatMap((raw, index) => [[raw], ['"new"'], []][fates[index]!]!));
    }
  });

  it('changes nothing where every element stays', () => {
    const text = ' [ 1 ,\n {"a" : 1.50} ,"x" ] ';
    expect(rewriteElements(text, (raw) => raw)).toBe(text);
  });

  it('leaves the white space around what stays', () => {
    expect(rewriteElements('[ 1 , 2 , 3 ]', (raw) => (raw === '2' ? undefined : raw))).toBe('[ 1 , 3 ]');
    expect(rewriteElements('[ 1 , 2 , 3 ]', (raw) => (raw === '1' ? undefined : raw))).toBe('[ 2 , 3 ]');
    expect(rewriteElements('[ 1 , 2 , 3 ]', (raw) => (raw === '3' ? undefined : raw))).toBe('[ 1 , 2 ]');
    expect(rewriteElements('[ 1 , 2 ]', () => undefined)).toBe('[  ]');
  });
});

describe('rewriteMembers', () => {
  it('replaces some, leaves some out and keeps the rest: 3,000 random objects', () => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const random = new Random(seed);
      const text = new Writer(random).document();
      const fates = new Map(KEYS.map((key) => [key, random.below(3)]));
      const edited = rewriteMembers(text, (raw, key) => [raw, '"new"', undefined][fates.get(key)!]);
      const expected = [...entriesOf(text)]
        .filter(([key]) => fates.get(key) !== 2)
        .map(([key, value]) => [key, fates.get(key) === 1 ? 'new' : value] as const);
      expect(entriesOf(edited), `seed ${seed}: ${text}`).toEqual(new Map(expected));
    }
  });
});

describe('appendElements', () => {
  it('adds to the end', () => {
    expect(appendElements('[ ]', ['1', '2'])).toBe('[1,2 ]');
    expect(appendElements('[1 ]', ['2'])).toBe('[1,2 ]');
    expect(appendElements('[1]', [])).toBe('[1]');
  });
});
