import { describe, expect, it } from 'vitest';
import { MOST_MESSAGES, MOST_SENT_CHARS, SocketLoad } from '../../../src/live/socket-load';

describe('a connection', () => {
  it('is used up by messages of any kind, and tells nobody of it for ever', () => {
    const load = new SocketLoad();
    const hear = (times: number) => {
      for (let at = 0; at < times; at++) load.heard();
      return [load.isUsedUp, load.isDeaf];
    };
    expect([hear(MOST_MESSAGES), hear(1), hear(14), hear(1)]).toEqual([
      [false, false],
      [true, false],
      [true, false],
      [true, true],
    ]);
  });

  it('is used up by what was sent on it, read or not', () => {
    const load = new SocketLoad();
    const text = 'x'.repeat(MOST_SENT_CHARS / 4);
    for (let at = 0; at < 4; at++) load.sent(text);
    expect(load.isUsedUp).toBe(false);
    load.sent('x');
    expect([load.isUsedUp, load.isDeaf]).toEqual([true, false]);
  });

  it('has room for sixteen turns, and for one of any length that is alone', () => {
    const load = new SocketLoad();
    const long = 33_000_000;
    expect(load.hasRoomFor(long)).toBe(true);
    for (let at = 0; at < 16; at++) {
      expect([load.hasRoomFor(1), load.isIdle]).toEqual([true, at === 0]);
      load.begin(1);
    }
    expect(load.hasRoomFor(1)).toBe(false);
    load.end(1);
    expect([load.hasRoomFor(1), load.hasRoomFor(long)]).toEqual([true, false]);
  });

  it('is between turns for some minutes after the last one', () => {
    let nowMs = 0;
    const load = new SocketLoad(() => nowMs);
    expect(load.isBetweenTurns).toBe(true);
    load.begin(1);
    expect(load.isBetweenTurns).toBe(false);
    nowMs = 700_000;
    load.end(1);
    expect(load.isBetweenTurns).toBe(true);
    nowMs += 600_000;
    expect(load.isBetweenTurns).toBe(false);
  });
});
