/** A server-sent event: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface ServerSentEvent {
  /** The event's name; empty if it has none. */
  event: string;
  data: string;
}

/** Takes a stream's bytes, split anywhere, and returns whole events. */
export class EventDecoder {
  private readonly decoder = new TextDecoder();
  /** The pieces of the current line: a line with a picture of millions of characters is joined only once. */
  private pieces: string[] = [];
  /** The last line ended with CR, so an LF that follows belongs to it. */
  private afterReturn = false;
  private event = '';
  private data: string[] = [];

  push(bytes: Uint8Array): ServerSentEvent[] {
    const text = this.decoder.decode(bytes, { stream: true });
    const events: ServerSentEvent[] = [];
    if (text === '') return events;
    let from = this.afterReturn && text.startsWith('\n') ? 1 : 0;
    this.afterReturn = text.endsWith('\r');
    const lineEnd = /\r\n|\r|\n/g;
    lineEnd.lastIndex = from;
    for (let found = lineEnd.exec(text); found; found = lineEnd.exec(text)) {
      const line = this.pieces.join('') + text.slice(from, found.index);
      this.pieces = [];
      from = lineEnd.lastIndex;
      if (line === '') this.dispatch(events);
      else this.field(line);
    }
    if (from < text.length) this.pieces.push(text.slice(from));
    return events;
  }

  private field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.data.push(value);
    if (name === 'event') this.event = value;
  }

  private dispatch(events: ServerSentEvent[]): void {
    if (this.data.length > 0) events.push({ event: this.event, data: this.data.join('\n') });
    this.data = [];
    this.event = '';
  }
}
