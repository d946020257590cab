import { closedRest, commentsBefore, EventCutter, splitEvents } from '../core/sse';
import { NOTHING_YET } from '../dialects/gemini/framing';

/** Some clients take a blank line that ends no event for an empty event, and fail on it. */
const BLANK_LINES = /^\r?\n/gm;
/** A comment that is still to end, or a blank line. */
const MAY_BE_COMMENT = /^[:\r]/;

const isKeepalive = (event: string): boolean => /^event: (?:ping|keepalive)\b/.test(event) || event.startsWith(`data: ${NOTHING_YET}`);

export interface Fed {
  events: string[];
  /** What came between them and says nothing of the answer: keepalives come and go with the connection. */
  idle: string;
}

/** Takes a stream apart as it comes in. */
export class EventFeed {
  private readonly cutter = new EventCutter();
  /** The rest begins an event for sure: it may be long, and is not looked at again. */
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

  /** What is left once there is no more: a torn event is none. */
  end(): string[] {
    return splitEvents(closedRest(this.cutter.rest));
  }
}
