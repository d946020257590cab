import { describe, expect, it } from 'vitest';
import { closedRest, EventCutter, eventData, splitEvents, wholeEventsEnd } from '../../../src/core/sse';

/** A comment, an event of one line, one of two, one without data, one with other fields, and the end. */
const LINES = [
  ': ping',
  '',
  'data: {"a":1}',
  '',
  'data: one',
  'data:two',
  '',
  'data',
  '',
  'event: x',
  'id: 1',
  'data: 漢😀',
  '',
  'data: [DONE]',
];
const ENDINGS = { LF: '\n', CRLF: '\r\n', CR: '\r' };
const DATA = ['{"a":1}', 'one\ntwo', '漢😀', '[DONE]'];

/** As the reader of a stream uses it: whole events are taken at once, the rest is carried over. */
function readInPieces(pieces: readonly string[]): { events: string[]; rest: string; taken: number[] } {
  let carry = '';
  const events: string[] = [];
  const taken: number[] = [];
  for (const piece of pieces) {
    carry += piece;
    const end = wholeEventsEnd(carry);
    events.push(...splitEvents(carry.slice(0, end)));
    carry = carry.slice(end);
    taken.push(events.length);
  }
  return { events, rest: carry, taken };
}

const dataOf = (events: readonly string[]): string[] => events.map(eventData).filter((data) => data !== undefined);

describe.each(Object.entries(ENDINGS))('a stream whose lines end with %s', (_name, ending) => {
  const text = LINES.join(ending) + ending + ending;

  it('is split into its events, which join to the text again', () => {
    const events = splitEvents(text);
    expect(events.join('')).toBe(text);
    expect(dataOf(events)).toEqual(DATA);
  });

  it('comes to the same, cut in two at any position', () => {
    for (let at = 0; at <= text.length; at++) {
      const { events, rest } = readInPieces([text.slice(0, at), text.slice(at)]);
      expect(events.join('') + rest, `cut at ${at}`).toBe(text);
      expect(dataOf([...events, ...splitEvents(rest)]), `cut at ${at}`).toEqual(DATA);
    }
  });

  it('comes to the same, character by character', () => {
    const { events, rest } = readInPieces([...text]);
    expect(dataOf([...events, ...splitEvents(rest)])).toEqual(DATA);
  });

  it('comes event by event: none waits for more than the one after it', () => {
    const { taken } = readInPieces(splitEvents(text));
    for (const [index, count] of taken.entries()) expect(count, `after event ${index}`).toBeGreaterThanOrEqual(index);
  });

  it('has no data where an event is torn', () => {
    expect(wholeEventsEnd(`data: a${ending}`)).toBe(0);
    expect(splitEvents(`data: a${ending}`)).toEqual([`data: a${ending}`]);
  });
});

describe('wholeEventsEnd', () => {
  it('does not take a CR at the very end for a line end', () => {
    expect(wholeEventsEnd('data: a\r\r')).toBe(0);
    expect(wholeEventsEnd('data: a\r\n\r')).toBe(0);
    expect(wholeEventsEnd('data: a\r\rd')).toBe(9);
  });

  it('is 0 where there is nothing', () => {
    for (const text of ['', '\n', '\r', '\r\r', 'data: a', 'data: a\n']) expect(wholeEventsEnd(text), JSON.stringify(text)).toBe(0);
  });
});

describe('closedRest', () => {
  it.each([
    ['data: {"a":1}', 'data: {"a":1}\n\n'],
    ['data: {"a":1}\n', 'data: {"a":1}\n\n'],
    ['event: x\r\ndata: {"a":1}\r\n', 'event: x\r\ndata: {"a":1}\n\n'],
    ['data: [DONE]', 'data: [DONE]\n\n'],
    ['data: {"a":1}\n\ndata: {"b":', 'data: {"a":1}\n\n'],
    ['data: {"a":1}\r\n\r\ndata: {"b":2}', 'data: {"a":1}\r\n\r\ndata: {"b":2}\n\n'],
    ['data: {"a":', ''],
    ['event: message_stop\n', ''],
    [': a comment', ''],
    ['', ''],
  ])('of %j is %j', (rest, events) => {
    expect(closedRest(rest)).toBe(events);
  });
});

describe('eventData', () => {
  it.each([
    ['data: a\n\n', 'a'],
    ['data:a\n\n', 'a'],
    ['data:  a \n\n', ' a '],
    ['data:\n\n', ''],
    ['data: a\ndata:\ndata: b\n\n', 'a\n\nb'],
    ['event: x\ndata: a\nid: 3\n\n', 'a'],
    [': data: a\n\n', undefined],
    [' data: a\n\n', undefined],
    ['database: a\n\n', undefined],
    ['data: null\n\n', undefined],
    ['', undefined],
  ])('of %j is %j', (event, data) => {
    expect(eventData(event)).toBe(data);
  });
});

describe('comments', () => {
  it('are taken without the event that they come before, which may be whole much later', () => {
    const cutter = new EventCutter();
    expect(cutter.push(': one\n: two\r\n: thr')).toBe('');
    expect(cutter.takeComments()).toBe(': one\n: two\r\n');
    expect(cutter.takeComments()).toBe('');
    expect(cutter.push('ee\ndata: {"a"')).toBe('');
    expect(cutter.takeComments()).toBe(': three\n');
    expect(cutter.takeComments()).toBe('');
    expect(cutter.push(':1}\n\n')).toBe('data: {"a":1}\n\n');
  });

  it.each(['\n', '\r\n'])('take the blank line with them that closes them, wherever they are cut', (end) => {
    const text = [': ping', '', 'data: {"a":1}', '', ': ping', '', 'data: {"a":2}', '', ''].join(end);
    for (let first = 1; first < text.length; first++)
      for (let second = first; second < text.length; second++) {
        const cutter = new EventCutter();
        let events = '';
        for (const piece of [text.slice(0, first), text.slice(first, second), text.slice(second)])
          events += cutter.push(piece) || cutter.takeComments();
        const told = splitEvents(events).filter((event) => eventData(event) !== undefined);
        const where = JSON.stringify([text.slice(0, first), text.slice(first, second)]);
        expect(
          told.map((event) => eventData(event)),
          where,
        ).toEqual(['{"a":1}', '{"a":2}']);
        for (const event of told) expect(event, where).toMatch(/^(?:: ping\r?\n)?data/);
      }
  });
});
