/** Server-sent events as text (HTML Living Standard, 9.2.6: a line ends with CRLF, LF or CR). */
import { parseJson } from './record';

/**
 * The index after the last whole event of a text, 0 when there is none. A CR at the very end is no line end yet, since
 * its LF may still be on the way.
 */
export function wholeEventsEnd(text: string): number {
  if (text.endsWith('\n\n')) return text.length;
  const unix = text.lastIndexOf('\n\n');
  const windows = text.lastIndexOf('\n\r\n');
  const old = text.slice(0, -1).lastIndexOf('\r\r');
  return Math.max(unix < 0 ? 0 : unix + 2, windows < 0 ? 0 : windows + 3, old < 0 ? 0 : old + 2);
}

const EVENTS_BEGIN = /^\uFEFF?\s*(?:data|event|id|retry)?:/;

/** Is the text a stream of events, whatever its content-type says? */
export const isStream = (text: string): boolean => EVENTS_BEGIN.test(text);

const EVENT_END = /\r?\n\r?\n|\r\r/g;

/** Splits into whole events, each with its closing blank line, so that joining them gives the text again. */
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

/** The comments and blank lines before an event. A comment is complete at the end of its line. */
export const commentsBefore = (event: string): string => COMMENTS.exec(event)?.[0] ?? '';

/**
 * The data of an event, its `data:` lines joined; undefined when it has none (a comment, say), or `null`, by which some
 * upstreams keep a connection alive: https://github.com/NousResearch/hermes-agent/pull/80822
 */
export function eventData(event: string): string | undefined {
  let data: string | undefined;
  for (const line of event.split(/\r\n|\n|\r/)) {
    if (!line.startsWith('data:')) continue;
    const value = line.charCodeAt(5) === 0x20 ? line.slice(6) : line.slice(5);
    data = data === undefined ? value : `${data}\n${value}`;
  }
  return data === 'null' ? undefined : data;
}

/** A longer unfinished text must be an event, so it is not searched for comments again and again. */
const MAX_COMMENT_CHARS = 4_096;
/** An event ends with at most four characters. */
const SEAM_CHARS = 3;

/** Cuts pieces of a stream into whole events, without searching a long unfinished event again for each piece. */
export class EventCutter {
  /** The unfinished event. */
  rest = '';
  /** The last characters of the rest, in which a piece may complete an event's end. */
  private seam = '';
  private isBehindComment = false;

  /** Takes the next piece and gives the events that it completes. */
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

  /** Takes the comments at the beginning of the rest, which need not wait for the next event. */
  takeComments(): string {
    if (this.rest.length > MAX_COMMENT_CHARS || !this.rest.startsWith(':')) return '';
    const comments = commentsBefore(this.rest);
    this.setRest(this.rest.slice(comments.length));
    this.isBehindComment = comments !== '' && this.rest === '';
    return comments;
  }

  /** Drops the blank line after a comment that was already taken: before an event, some clients read it as an empty event. */
  private behindComment(piece: string): string {
    const text = this.rest + piece;
    this.setRest('');
    this.isBehindComment = text === '' || text === '\r';
    return this.isBehindComment ? text : text.replace(/^\r?\n/, '');
  }

  /** @param text Must hold no whole event. */
  setRest(text: string): void {
    this.rest = text;
    this.seam = text.slice(-SEAM_CHARS);
  }
}

/** What remains of a stream after its last whole event: an event that only lacks its blank line is completed, a torn one is dropped. */
export function closedRest(text: string): string {
  const events = splitEvents(text);
  const last = events.pop() ?? '';
  const data = eventData(last)?.trim();
  const isWhole = data !== undefined && (data === '[DONE]' || parseJson(data) !== undefined);
  return events.join('') + (isWhole ? `${last.replace(/[\r\n]+$/, '')}\n\n` : '');
}
