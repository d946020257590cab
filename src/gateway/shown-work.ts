import { isRecord, parseJson } from '../core/record';
import { eventData, splitEvents } from '../core/sse';
import type { Work } from '../core/usage';
import type { Wire } from '../providers/types';

/** Collects the work that an answer shows beside its tokens, such as tool runs, as the answer comes by. */
export class ShownWork {
  readonly work: Work = new Map();

  constructor(private readonly wire: Wire) {}

  hear(events: string): void {
    const { work: reader } = this.wire;
    if (!reader?.hint.test(events)) return;
    for (const event of splitEvents(events)) if (reader.hint.test(event)) this.read(parseJson((eventData(event) ?? event).trim()));
  }

  /** Takes a whole answer, or the data of one event. */
  read(json: unknown): void {
    const whole: unknown = Array.isArray(json) ? json[0] : json;
    if (isRecord(whole)) this.wire.work?.note(whole, this.work);
  }
}
