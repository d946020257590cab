import { closedRest, commentsBefore, EventCutter, splitEvents } from '../core/sse';
import { NOTHING_YET } from '../dialects/gemini/framing';

/** Some clients take a blank line on its own for an empty event, and fail on it. */
const BLANK_LINES = /^\r?\n/gm;
/** An unfinished comment, or a blank line. */
const MAY_BE_COMMENT = /^[:\r]/;

const isKeepalive = (event: string): boolean => /^event: (?:ping|keepalive)\b/.test(event) || event.startsWith(`data: ${NOTHING_YET}`);

export interface Fed {
  events: string[];
  /** Keepalives between events; they belong to the connection and are not kept. */
  idle: string;
}

/** Splits a stream into events as it arrives. */
export class EventFeed {
  private readonly cutter = new EventCutter();
  /** The rest certainly begins an event; as it may be long, it is not examined again. */
  private inEvent = false;

  push(text: string): Fed {
    const whole = this.cutter.push(text);
    if (this.inEvent && whole === '') return { events: [], idle: '' };
    const events: string[] = [];
    let idle = '';
    for (const text of splitEvents(whole)) {
      const comments = commentsBefore(text);
      const event = text.slice(comments.length);
      idle += comments.replace(BLANK_LINES, '');
      if (isKeepalive(event)) idle += event;
      else if (event !== '') events.push(event);
    }
    const { rest } = this.cutter;
    const comments = commentsBefore(rest);
    if (comments !== '') this.cutter.setRest(rest.slice(comments.length));
    this.inEvent = this.cutter.rest !== '' && !MAY_BE_COMMENT.test(this.cutter.rest);
    return { events, idle: idle + comments.replace(BLANK_LINES, '') };
  }

  /** The remaining event at the end, unless it is torn. */
  end(): string[] {
    return splitEvents(closedRest(this.cutter.rest));
  }
}
