/** Server-sent events as text (HTML Living Standard, 9.2.6: a line ends with CRLF, LF or CR). */
import { parseJson } from './record';

/**
 * The index behind the last whole event of a text, 0 when there is none. A lone CR at the very end is not taken
 * for a line end, since its LF may still be on the way.
 */
export function wholeEventsEnd(text: string): number {
  if (text.endsWith('\n\n')) return text.length;
  const unix = text.lastIndexOf('\n\n');
  const windows = text.lastIndexOf('\n\r\n');
  const old = text.slice(0, -1).lastIndexOf('\r\r');
  return Math.max(unix < 0 ? 0 : unix + 2, windows < 0 ? 0 : windows + 3, old < 0 ? 0 : old + 2);
}

const EVENTS_BEGIN = /^\uFEFF?\s*(?:data|event|id|retry)?:/;

/** Is it a stream, whatever it calls itself? */
export const isStream = (text: string): boolean => EVENTS_BEGIN.test(text);

const EVENT_END = /\r?\n\r?\n|\r\r/g;

/** Whole events, each with its closing blank line, so that joining them gives the text again. */
export function splitEvents(text: string): string[] {
  const events: string[] = [];
  let from = 0;
  for (const match of text.matchAll(EVENT_END)) {
    const to = match.index + match[0].length;
    events.push(text.slice(from, to));
    from = to;
  }
  if (from < text.length) events.push(text.slice(from));
  return events;
}

const COMMENTS = /^(?::[^\n]*\n|\r?\n)+/;

/** Comments and blank lines before an event. A comment is whole by its line alone. */
export const commentsBefore = (event: string): string => COMMENTS.exec(event)?.[0] ?? '';

/** The data of an event, its `data:` lines joined; undefined when it has none (a comment, say). */
export function eventData(event: string): string | undefined {
  let data: string | undefined;
  for (const line of event.split(/\r\n|\n|\r/)) {
    if (!line.startsWith('data:')) continue;
    const value = line.charCodeAt(5) === 0x20 ? line.slice(6) : line.slice(5);
    data = data === undefined ? value : `${data}\n${value}`;
  }
  return data;
}

/** More than this without an end is an event, and is not looked at again and again. */
const MAX_COMMENT_CHARS = 4_096;
/** An event ends with four characters at most. */
const SEAM_CHARS = 3;

/** Cuts what comes in pieces into whole events. An event of megabytes is not searched through again and again. */
export class EventCutter {
  /** What is not whole yet. */
  rest = '';
  /** The last characters of the rest: where an event ends shows in what is new and in these. */
  private seam = '';
  private isBehindComment = false;

  /** The events that this piece makes whole. */
  push(piece: string): string {
    const text = this.isBehindComment ? this.behindComment(piece) : piece;
    const near = this.seam + text;
    const end = wholeEventsEnd(near);
    if (end === 0) {
      this.rest += text;
      this.seam = near.slice(-SEAM_CHARS);
      return '';
    }
    const events = this.rest + near.slice(this.seam.length, end);
    this.setRest(near.slice(end));
    return events;
  }

  /** The comments that the rest begins with, which wait for no event: each is whole by its line alone. */
  takeComments(): string {
    if (this.rest.length > MAX_COMMENT_CHARS || !this.rest.startsWith(':')) return '';
    const comments = commentsBefore(this.rest);
    this.setRest(this.rest.slice(comments.length));
    this.isBehindComment = comments !== '' && this.rest === '';
    return comments;
  }

  /** The piece without the blank line that closed a comment which is gone: at the head of an event it would be an empty one to some. */
  private behindComment(piece: string): string {
    const text = this.rest + piece;
    this.setRest('');
    this.isBehindComment = text === '' || text === '\r';
    return this.isBehindComment ? text : text.replace(/^\r?\n/, '');
  }

  /** @param text Holds no whole event. */
  setRest(text: string): void {
    this.rest = text;
    this.seam = text.slice(-SEAM_CHARS);
  }
}

/**
 * What came of a stream after its last whole event, once there is no more: an event that lacks nothing but its blank
 * line is given one, a torn one is left out.
 */
export function closedRest(text: string): string {
  const events = splitEvents(text);
  const last = events.pop() ?? '';
  const data = eventData(last)?.trim();
  const isWhole = data !== undefined && (data === '[DONE]' || parseJson(data) !== undefined);
  return events.join('') + (isWhole ? `${last.replace(/[\r\n]+$/, '')}\n\n` : '');
}
