import type { Call } from './call.js';
import type { JsonRecord } from './record.js';
import { Stream, type StreamEnd, type StreamReader } from './stream.js';

/** Puts an answer together from the events of its stream. */
export interface Assembler<Whole> {
  add: (json: JsonRecord) => void;
  whole: () => Whole;
}

/** A stream whose events make up one answer. */
export class AnswerStream<Event, Usage, Whole> extends Stream<Event, Usage> {
  constructor(
    call: Call,
    reader: StreamReader<Event>,
    private readonly assembler: Assembler<Whole>,
    makeEnd?: (end: StreamEnd<Usage>) => Event,
    response?: Promise<Response>,
  ) {
    const read: StreamReader<Event> = (json, event) => {
      const reading = reader(json, event);
      assembler.add(json);
      return reading;
    };
    super(call, read, makeEnd, response);
  }

  /**
   * The whole answer, as a call without a stream gives it: tool calls too. After a loop over the events, or instead of
   * one. It throws what the loop throws.
   */
  async final(): Promise<Whole> {
    await this.readToEnd();
    return this.assembler.whole();
  }
}
