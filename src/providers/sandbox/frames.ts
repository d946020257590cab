import type { Magic } from './magic';

export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** One event of a stream: its name, where the format names events, and its data as text. */
export interface Frame {
  event?: string;
  data: string;
}

/** How a stream is written down. */
export interface Framing {
  contentType: string;
  write(frame: Frame): string;
  /** What follows the last frame. */
  end: string;
}

export function serverSentEvents(magic: Magic, lineEnd = '\n'): Framing {
  const end = magic.crlf ? '\r\n' : lineEnd;
  const comment = magic.comments ? `: sandbox${end}${end}` : '';
  return {
    contentType: EVENT_STREAM,
    write: ({ event, data }) => `${comment}${event === undefined ? '' : `event: ${event}${end}`}data: ${data}${end}${end}`,
    end: '',
  };
}

/** A JSON array that is sent item by item. */
export function jsonArray(contentType: string): Framing {
  let lead = '[';
  return {
    contentType,
    write({ data }) {
      const text = `${lead}${data}`;
      lead = '\n,\r\n';
      return text;
    },
    end: '\n]\n',
  };
}

export const frame = (data: unknown): Frame => ({ data: JSON.stringify(data) });

/** An event whose name is also in its data. */
export const typedFrame = (data: { type: string }): Frame => ({ event: data.type, data: JSON.stringify(data) });
