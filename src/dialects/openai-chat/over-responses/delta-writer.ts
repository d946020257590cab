import { type Fields, isRecord, recordsOf, textOrEmpty } from '../../../core/record';
import { textChars } from '../../../core/text-chars';
import { ITEM_DONE } from '../../openai-responses/done-items';
import { annotationsOf, BREAK, isCall, moreOfCall, textOfCall, thoughtParts, toolCall } from './items';
import type { ThoughtKeeper } from './thoughts';

/** How events refer to an item: by its index or its id. */
type Place = unknown;

interface BegunCall {
  index: number;
  isCustom: boolean;
  sentChars: number;
}

/**
 * Writes a response's events as deltas of a chat message, with a part's `logprobs`. When an item is done, whatever of
 * it no event has brought is written then: some upstreams send no deltas, or no items before the end.
 */
export class DeltaWriter {
  outputChars = 0;
  /** The last item, not a thought, is complete and nothing has followed it. */
  isBetweenItems = false;
  private readonly calls = new Map<Place, BegunCall>();
  /** By item id. */
  private readonly places = new Map<string, Place>();
  private readonly done = new Set<Place>();
  /** For each part of a message: how much was sent, where it begins in the whole text, and how many sources it had. */
  private readonly parts = new Map<string, { sentChars: number; start: number; cited: number }>();
  private readonly thoughtItems = new Set<Place>();
  private contentChars = 0;
  /** The item, and the part of a thought, that spoke last. */
  private speaker: Place;
  private thought: string | undefined;

  constructor(private readonly keeper: ThoughtKeeper) {}

  get hasCalls(): boolean {
    return this.calls.size > 0;
  }

  write(type: string, event: Fields): Fields[] {
    const place = this.placeOf(event);
    const delta = textOrEmpty(event.delta);
    if (type !== 'keepalive') this.isBetweenItems = false;
    switch (type) {
      case 'response.output_item.added':
        return isRecord(event.item) && isCall(event.item) ? this.beginCall(place, event.item) : [];
      case 'response.output_text.delta':
        return this.say(place, event.content_index, delta, event.logprobs);
      case 'response.refusal.delta':
        return this.refuse(place, event.content_index, delta);
      case 'response.output_text.annotation.added':
        return this.cite(place, event.content_index, isRecord(event.annotation) ? [event.annotation] : []);
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.think(place, event.summary_index ?? event.content_index, delta);
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.argue(place, delta);
      case ITEM_DONE:
        return isRecord(event.item) ? this.end(place, event.item) : [];
      default:
        return [];
    }
  }

  /** What the items at the end of the stream hold beyond what was sent. */
  complete(output: unknown): Fields[] {
    return recordsOf(output).flatMap((item, index) => this.end(this.placeOf({ output_index: index, item }), item));
  }

  private placeOf({ output_index, item_id, item }: Fields): Place {
    const id = isRecord(item) ? item.id : item_id;
    const known = typeof id === 'string' ? this.places.get(id) : undefined;
    const place = known ?? output_index ?? id;
    if (typeof id === 'string') this.places.set(id, place);
    return place;
  }

  private count(text: string): string {
    this.outputChars += textChars(text);
    return text;
  }

  private partAt(place: Place, index: unknown) {
    const name = `${String(place)}/${String(index ?? 0)}`;
    const part = this.parts.get(name) ?? { sentChars: 0, start: this.contentChars, cited: 0 };
    this.parts.set(name, part);
    return part;
  }

  private say(place: Place, index: unknown, text: string, logprobs?: unknown): Fields[] {
    if (text === '') return [];
    const pause = this.speaker !== undefined && this.speaker !== place ? BREAK : '';
    this.speaker = place;
    this.contentChars += pause.length;
    const part = this.partAt(place, index);
    part.sentChars += text.length;
    this.contentChars += text.length;
    const likely = Array.isArray(logprobs) && logprobs.length > 0 && { logprobs: { content: logprobs, refusal: null } };
    return [{ content: pause + this.count(text), ...likely }];
  }

  private refuse(place: Place, index: unknown, text: string): Fields[] {
    this.partAt(place, index).sentChars += text.length;
    return text === '' ? [] : [{ refusal: this.count(text) }];
  }

  private cite(place: Place, index: unknown, sources: readonly Fields[]): Fields[] {
    const part = this.partAt(place, index);
    part.cited += sources.length;
    const annotations = annotationsOf(sources, part.start);
    return annotations.length === 0 ? [] : [{ annotations }];
  }

  private think(place: Place, index: unknown, text: string): Fields[] {
    if (text === '') return [];
    const name = `${String(place)}/${String(index)}`;
    const pause = this.thought !== undefined && this.thought !== name ? BREAK : '';
    this.thought = name;
    this.thoughtItems.add(place);
    return [{ reasoning_content: pause + this.count(text) }];
  }

  private beginCall(place: Place, item: Fields): Fields[] {
    if (this.calls.has(place)) return [];
    const call = { index: this.calls.size, isCustom: item.type === 'custom_tool_call', sentChars: 0 };
    this.calls.set(place, call);
    const id = this.keeper.nameCall(textOrEmpty(item.call_id));
    return [{ tool_calls: [{ index: call.index, ...toolCall(item, id, '') }] }, ...this.argue(place, textOfCall(item))];
  }

  private argue(place: Place, text: string): Fields[] {
    const call = this.calls.get(place);
    if (!call || text === '') return [];
    call.sentChars += text.length;
    return [{ tool_calls: [{ index: call.index, ...moreOfCall(call.isCustom, this.count(text)) }] }];
  }

  private end(place: Place, item: Fields): Fields[] {
    if (this.done.has(place)) return [];
    this.done.add(place);
    if (item.type === 'reasoning') {
      this.keeper.think(item);
      if (this.thoughtItems.has(place)) return [];
      return thoughtParts(item).flatMap(({ text }, index) => this.think(place, index, textOrEmpty(text)));
    }
    this.isBetweenItems = true;
    if (isCall(item)) {
      const begun = this.beginCall(place, item);
      return [...begun, ...this.argue(place, textOfCall(item).slice(this.calls.get(place)!.sentChars))];
    }
    return item.type === 'message' ? recordsOf(item.content).flatMap((part, index) => this.endPart(place, index, part)) : [];
  }

  private endPart(place: Place, index: number, { text, refusal, annotations, logprobs }: Fields): Fields[] {
    const { sentChars, cited } = this.partAt(place, index);
    return [
      ...this.say(place, index, textOrEmpty(text).slice(sentChars), sentChars === 0 ? logprobs : undefined),
      ...this.refuse(place, index, textOrEmpty(refusal).slice(sentChars)),
      ...this.cite(place, index, recordsOf(annotations).slice(cited)),
    ];
  }
}
