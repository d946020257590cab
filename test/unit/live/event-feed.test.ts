import { describe, expect, it } from 'vitest';
import { EventFeed, type Fed } from '../../../src/live/event-feed';

function fed(...pieces: string[]): Fed {
  const feed = new EventFeed();
  const all: Fed = { events: [], idle: '' };
  for (const piece of pieces) {
    const { events, idle } = feed.push(piece);
    all.events.push(...events);
    all.idle += idle;
  }
  all.events.push(...feed.end());
  return all;
}

const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
const STREAM = `: ping\ndata: 1\n\n: PROCESSING\n\n\n: ping\n${PING}event: x\ndata: 2\n\n: ping\n: PROCESSING\n\ndata: 3\n\n: ping\n`;

describe('a stream that is taken apart', () => {
  it('has the same events wherever it is cut', () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      const { events, idle } = fed(STREAM.slice(0, cut), STREAM.slice(cut));
      expect(events, `cut at ${cut}`).toEqual(['data: 1\n\n', 'event: x\ndata: 2\n\n', 'data: 3\n\n']);
      expect(idle, `cut at ${cut}`).toBe(`: ping\n: PROCESSING\n: ping\n${PING}: ping\n: PROCESSING\n: ping\n`);
    }
  });

  it('passes a comment after an event on at once', () => {
    expect(new EventFeed().push('data: 1\n\n: ping\n')).toEqual({ events: ['data: 1\n\n'], idle: ': ping\n' });
  });

  it('ends without what is torn, and with what lacks a blank line', () => {
    expect(fed('data: 1\n\ndata: {"a').events).toEqual(['data: 1\n\n']);
    expect(fed('data: 1\n\ndata: {"a":1}').events).toEqual(['data: 1\n\n', 'data: {"a":1}\n\n']);
  });

  it('keeps an error that is bare JSON', () => {
    expect(fed('data: {"error":1}\n\n{"error":1}\n\n').events).toEqual(['data: {"error":1}\n\n', '{"error":1}\n\n']);
  });

  it('does not search through a long event again with each piece', () => {
    const piece = 'A'.repeat(4_096);
    const feed = new EventFeed();
    feed.push('data: ');
    const startedMs = performance.now();
    for (let count = 0; count < 3_000; count++) feed.push(piece);
    const [event] = feed.push('\n\n').events;
    expect(event).toHaveLength('data: \n\n'.length + 3_000 * piece.length);
    // Takes minutes if each piece is searched from the beginning.
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  });
});
