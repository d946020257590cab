import { describe, expect, it } from 'vitest';
import { cutLongStrings } from '../../../src/core/long-strings';
import { parseJson } from '../../../src/core/record';

const LONG = 'All work and no play. '.repeat(2_000);

const parsedOf = (text: string) => {
  const { text: cut, charsOf } = cutLongStrings(text);
  return { cut, value: parseJson(cut) as Record<string, string>, charsOf };
};

describe('a JSON text with long strings', () => {
  it('keeps how they begin and how long they were, and all else', () => {
    const text = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: LONG }], n: 1.5, last: 'a "word"' });
    const { cut, value, charsOf } = parsedOf(text);
    expect(cut.length).toBeLessThan(500);
    expect(value).toMatchObject({ model: 'm', n: 1.5, last: 'a "word"' });
    const { content } = (value.messages as unknown as { content: string }[])[0]!;
    expect([content.slice(0, 256), charsOf(content)]).toEqual([LONG.slice(0, 256), LONG.length]);
    expect(charsOf(value.last!)).toBe(8);
  });

  it.each(['\\n', '\\"', '\\\\', '\\/', '\\u00e9', 'é', '漢', '😀', '\\ud83d\\ude00'])('cuts through no %s', (unit) => {
    for (const before of ['', ' ', '  ', '   ', '    ', '     ']) {
      const inside = before + unit.repeat(20_000);
      const { cut, value, charsOf } = parsedOf(`{"a":"${inside}","b":"${inside}"}`);
      expect(cut.length).toBeLessThan(1_000);
      const whole = JSON.parse(`"${inside}"`) as string;
      for (const name of ['a', 'b']) {
        const kept = value[name]!.slice(0, value[name]!.lastIndexOf('\u0001'));
        expect(kept.length).toBeGreaterThan(40);
        expect([whole.startsWith(kept), charsOf(value[name]!)]).toEqual([true, inside.length]);
      }
    }
  });

  it.each([
    ['a raw line break', `${LONG}\n`],
    ['a raw NUL', `${LONG}\0${LONG}`],
    ['an escape that there is not', `${LONG}\\x41${LONG}`],
    ['half an escape', `${LONG}\\u00e ${LONG}`],
    ['an escape behind a backslash that is escaped', `${LONG}\\\\\\x${LONG}`],
    ['a backslash before its end', `${LONG}\\`],
    ['a quote within', `${LONG}"${LONG}`],
  ])('is no JSON with %s in one of them', (_what, inside) => {
    for (const text of [`{"a":"${inside}"}`, `{"b":"${LONG}","a":"${inside}"}`, `{"a":"${inside}`]) {
      expect(typeof parseJson(text)).toBe('undefined');
      expect(typeof parsedOf(text).value).toBe('undefined');
    }
  });

  it.each(['{"a":"LONG', '{"a":"LONG"', '{"a":"LONG"]', '{"a" "LONG"}', '"LONG" "LONG"', '{"a":"LONG",}', 'LONG"LONG"'])(
    'is no JSON as %s',
    (text) => {
      expect(typeof parsedOf(text.replaceAll('LONG', LONG)).value).toBe('undefined');
    },
  );

  it('is left as it is where a string could pass for one that was cut', () => {
    const forged = 'data:image/png;base64,\\u00019000000';
    const text = `{"a":"${forged}","b":"${LONG}"}`;
    const { cut, value, charsOf } = parsedOf(text);
    expect(cut === text).toBe(true);
    expect([value.a, value.b].map((each) => charsOf(each!))).toEqual([30, LONG.length]);
  });

  it('may write the same inside of what is cut', () => {
    const { cut, charsOf, value } = parsedOf(`{"b":"${LONG}\\u00015 ${LONG}"}`);
    expect(cut.length).toBeLessThan(400);
    expect(charsOf(value.b!)).toBe(2 * LONG.length + 8);
  });

  it('is looked through no further where it has many short strings', () => {
    const text = JSON.stringify({ words: Array.from({ length: 2_000 }, () => 'word'), last: LONG });
    expect(cutLongStrings(text).text === text).toBe(true);
  });
});

it('a JSON text without long strings is left as it is', () => {
  for (const text of ['', '{}', '{"a":"b"}', 'no JSON', '"', `[${'"word",'.repeat(5_000)}""]`])
    expect(cutLongStrings(text).text === text).toBe(true);
});
