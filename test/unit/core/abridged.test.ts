import { describe, expect, it } from 'vitest';
import { abridge, completed, whole } from '../../../src/core/abridged';
import { exactText } from '../../../src/core/exact-text';
import { charsLeftOut } from '../../../src/core/gaps';
import { Random } from './random';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const shortOf = (text: string): string | undefined => abridge(bytesOf(text));
const putTogether = (edited: string, text: string, short: string, mostBytes = 2_000_000): string | undefined => {
  const found = completed(edited, { text: short, bytes: bytesOf(text) }, mostBytes);
  return found && exactText(found.bytes);
};

const PROSE = 'All work and no play makes a dull gateway. ';
const prose = (chars: number): string => PROSE.repeat(Math.ceil(chars / PROSE.length)).slice(0, chars);
const said = (content: unknown): string => JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] });

const WORDS = [
  'a',
  ' b',
  '\n',
  '"',
  '\\',
  '/',
  '\t',
  '\u0001',
  '\x7f',
  'é',
  '漢',
  '😀',
  '\ud800',
  '{}[],:',
  'x'.repeat(29),
  'word '.repeat(30),
];

/** Texts of every kind of character, mostly of plain ones. */
function textOf(random: Random): string {
  const usual = WORDS.slice(-2);
  const share = random.next() ** 2 / 2;
  return Array.from({ length: random.below(400) }, () => random.pick(random.next() < share ? WORDS : usual)).join('');
}

function anyValue(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 3 ? 5 : 8);
  if (kind < 4) return textOf(random);
  if (kind === 4) return random.pick([0, -1.5e-9, true, null, '', 'é']);
  if (kind < 7) return Array.from({ length: random.below(4) }, () => anyValue(random, depth + 1));
  return Object.fromEntries(Array.from({ length: random.below(4) }, () => [textOf(random).slice(0, 9), anyValue(random, depth + 1)]));
}

describe('an abridged text', () => {
  it('is short, says how much it lacks, and can be made whole', () => {
    for (const content of [prose(200_000), `${'x'.repeat(100_000)}\n\t"quoted"\\`.repeat(2), btoa(prose(60_000))]) {
      const text = said(content);
      const short = shortOf(text)!;
      expect(short.length).toBeLessThan(3_000);
      expect(short.length + charsLeftOut(short)).toBe(text.length);
      expect(putTogether(short, text, short)).toBe(text);
      expect(JSON.parse(short)).toMatchObject({ model: 'm', messages: [{ role: 'user' }] });
    }
  });

  it('keeps how a long string begins, all of a shorter one, and every name', () => {
    const name = 'n'.repeat(900);
    const short = shortOf(JSON.stringify({ [name]: prose(1_000), long: prose(50_000) }))!;
    const fields = JSON.parse(short) as Record<string, string>;
    expect(fields[name]).toBe(prose(1_000));
    expect(fields.long!.startsWith(prose(1_024))).toBe(true);
    expect(charsLeftOut(fields[name]!)).toBe(0);
    expect(fields.long!.length + charsLeftOut(fields.long!)).toBe(50_000);
    const accented = `é${prose(1_000)}`;
    const others = JSON.parse(shortOf(JSON.stringify([accented, accented.repeat(60)]))!) as string[];
    expect([others[0], others[1]!.slice(0, 1_000)]).toEqual([accented, accented.slice(0, 1_000)]);
    const words = `${'x'.repeat(79)}é`.repeat(40);
    const blank = `${' '.repeat(2_000)}\n${' '.repeat(2_000)}`;
    expect(JSON.parse(shortOf(JSON.stringify([blank, words, prose(30_000)]))!)).toEqual([blank, words, expect.any(String)]);
  });

  it('is made whole, and measures and parses like the whole, whatever characters are in it', () => {
    const random = new Random(20);
    let abridged = 0;
    for (let round = 0; round < 80; round++) {
      const text = JSON.stringify([anyValue(random), anyValue(random), anyValue(random), textOf(random)], null, random.below(3));
      const short = shortOf(text);
      if (short === undefined) continue;
      abridged++;
      expect(short.length).toBeLessThan(text.length);
      expect(short.length + charsLeftOut(short)).toBe(text.length);
      expect(putTogether(short, text, short)).toBe(text);
      const [parsed, left] = [JSON.parse(text), JSON.parse(short)] as [unknown[], unknown[]];
      expect(JSON.stringify(whole(left, bytesOf(text)))).toBe(JSON.stringify(parsed));
      for (const [index, value] of parsed.entries()) {
        const said = left[index];
        if (typeof value === 'string' && typeof said === 'string') expect(said.length + charsLeftOut(said)).toBe(value.length);
      }
    }
    expect(abridged).toBeGreaterThan(25);
  });

  it('is never longer for a mark, and marks nothing but strings', () => {
    for (let more = 0; more < 60; more++) {
      const [string = ''] = JSON.parse(shortOf(JSON.stringify([prose(1_024 + more), prose(9_000)]))!) as string[];
      expect(string.length).toBeLessThanOrEqual(1_024 + more);
    }
    const numbers = Array.from({ length: 900 }, (_, index) => index);
    const text = JSON.stringify(['\\', numbers, '\\"', numbers, prose(50_000)]);
    expect(JSON.parse(shortOf(text)!)).toEqual(['\\', numbers, '\\"', numbers, expect.any(String)]);
  });

  it('is JSON if and only if the whole is', () => {
    const random = new Random(21);
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    let broken = 0;
    for (let round = 0; round < 400; round++) {
      const text = said(prose(5_000) + textOf(random));
      const at = random.below(text.length);
      const wrong = random.pick(['\n', '\u0000', '\\', '\\x', '\\u12', '"', '\u001f', '{', '\\"', '\\\\']);
      const damaged = text.slice(0, at) + wrong + text.slice(at + random.below(3));
      const short = shortOf(damaged);
      if (short === undefined) continue;
      if (!isJson(damaged)) broken++;
      expect([isJson(short), damaged]).toEqual([isJson(damaged), damaged]);
    }
    expect(broken).toBeGreaterThan(100);
  });

  it.each(['', 'x', 'é', '\\', '\\u00', '"'])('is JSON if and only if the whole is where that breaks off with %j', (last) => {
    // Behind it lies what is left of a longer one.
    shortOf(said('n'.repeat(9_000)));
    const text = `{"a":"${prose(5_000)}${last}`;
    const short = shortOf(text)!;
    expect(() => JSON.parse(short)).toThrow();
    expect(short.length + charsLeftOut(short)).toBe(text.length);
  });

  it('is not made of what is mostly short strings or another script, nor of what is no UTF-8 or begins with a mark of its byte order', () => {
    const schemas = Array.from({ length: 2_000 }, (_, index) => ({ name: `tool-${index}`, type: 'object', properties: {} }));
    for (const text of [
      JSON.stringify(schemas),
      said('今日は良い天気ですね。'.repeat(5_000)),
      said('Доброе утро. '.repeat(5_000)),
      said(prose(1_000)),
      said('a\n'.repeat(5_000) + prose(50_000)),
    ])
      expect(shortOf(text)).toBeUndefined();
    for (const [at, bytes] of [
      [12, [0xff]],
      [3_000, [0x5c, 0xa2]],
    ] as const) {
      const invalid = bytesOf(said(prose(5_000)));
      invalid.set(bytes, at);
      expect(abridge(invalid)).toBeUndefined();
    }
    expect(shortOf(`\ufeff${said(prose(5_000))}`)).toBeUndefined();
    expect(shortOf(said(prose(1_048_576)))).toBeUndefined();
    expect(shortOf(said(prose(1_048_000)))?.length).toBeLessThan(3_000);
  });

  it('is made whole after edits beside its gaps', () => {
    const text = said([prose(5_000), prose(6_000)]);
    const short = shortOf(text)!;
    const edit = (json: string) => json.replace('"m"', '"another model, é"').replace(/\}$/, ',"stream":true}');
    expect(putTogether(edit(short), text, short)).toBe(edit(text));
  });

  it('is not made whole after gaps were dropped, moved or doubled, or where there is no room', () => {
    const text = JSON.stringify([prose(5_000), prose(5_000)]);
    const short = shortOf(text)!;
    const [first, second] = JSON.parse(short) as [string, string];
    for (const edited of [[first], [second, first], [first, second, second], [first, 'x'], []])
      expect(putTogether(JSON.stringify(edited), text, short)).toBeUndefined();
    expect(putTogether(short, text, short, text.length)).toBe(text);
    expect(putTogether(short, text, short, text.length - 1)).toBeUndefined();
    expect(putTogether(short, text, short, 4_000)).toBeUndefined();
  });

  it('is not made whole where a gap has come into JSON within JSON, in which what it lacks is written differently', () => {
    const text = JSON.stringify([`${prose(5_000)}\n`.repeat(3)]);
    const short = shortOf(text)!;
    const [left] = JSON.parse(short) as [string];
    expect(putTogether(JSON.stringify([left]), text, short)).toBe(text);
    expect(putTogether(JSON.stringify([JSON.stringify({ left })]), text, short)).toBeUndefined();
    expect(putTogether(left, text, short)).toBeUndefined();
  });

  it('keeps whatever JSON could write in another way', () => {
    const text = `["${`${'x'.repeat(600)}\\/${'y'.repeat(600)}\\u0041`.repeat(30)}"]`;
    const short = shortOf(text)!;
    expect(JSON.stringify(whole(JSON.parse(short), bytesOf(text)))).toBe(JSON.stringify(JSON.parse(text)));
    expect(short.split('\\/').length).toBe(31);
  });

  it('has no marks but its own, whatever the text says', () => {
    const [, ofAnother] = /"([^"]*)"\]$/.exec(shortOf(JSON.stringify([prose(3_000)]))!)!;
    const guessed = ofAnother!.replace(/\x7f.{13}/, '\x7f0123456789abc');
    const text = said(guessed + prose(9_000));
    const short = shortOf(text)!;
    expect(short.length + charsLeftOut(short)).toBe(text.length);
    expect(putTogether(short, text, short)).toBe(text);
    expect([charsLeftOut(guessed), charsLeftOut('\x7f'), charsLeftOut(text)]).toEqual([0, 0, 0]);
  });
});
