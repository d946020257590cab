import { isRecord, parseJson } from '../core/record';
import { eventData, splitEvents } from '../core/sse';
import type { Work } from '../core/usage';
import type { Wire } from '../providers/types';

/** The work beside its tokens that an upstream's answer shows, as it comes by. */
export class ShownWork {
  readonly work: Work = new Map();

  constructor(private readonly wire: Wire) {}

  hear(events: string): void {
    const { work: reader } = this.wire;
    if (!reader?.hint.test(events)) return;
    for (const event of splitEvents(events)) if (reader.hint.test(event)) this.read(parseJson((eventData(event) ?? event).trim()));
  }

  /** A whole answer, or what an event says. */
  read(json: unknown): void {
    const whole: unknown = Array.isArray(json) ? json[0] : json;
    if (isRecord(whole)) this.wire.work?.note(whole, this.work);
  }
}
