import { type Fields, isFilled, isRecord, recordOf } from '../../../core/record';
import { argumentsOf, type BegunCall, callPosition } from '../../openai-chat/tool-calls';
import { itemId } from '../ids';
import type { StreamState } from '../stream-state';
import {
  callItem,
  customInput,
  extraContentOf,
  type ItemStatus,
  itemPrefix,
  type MessagePart,
  messageItem,
  pictureItem,
  reasoningItem,
  type ToolCall,
} from './items';
import type { ChatCrossing } from './request';

/** An item's place in the output, and its id. */
interface Place {
  id: string;
  index: number;
}

type OpenCall = Partial<ToolCall> & BegunCall & { arguments: string; place?: Place };

/**
 * Writes a response's items as events, each in full order: added, parts, deltas, done. Thought and text come one after
 * the other; tool calls may overlap.
 */
export class ItemWriter {
  /** The items in order; unfinished ones are missing. */
  private readonly items: (Fields | undefined)[] = [];
  private thought: (Place & { text: string }) | undefined;
  private message: (Place & { parts: MessagePart[] }) | undefined;
  private readonly calls: OpenCall[] = [];
  /** Finished calls: some upstreams repeat them after the end. */
  private readonly doneCalls = new Set<unknown>();

  constructor(
    private readonly state: StreamState,
    private readonly origins: ChatCrossing['origins'],
  ) {}

  get output(): Fields[] {
    return this.items.filter((item) => item !== undefined);
  }

  /** Has any item begun? */
  get hasBegun(): boolean {
    return this.items.length > 0;
  }

  think(delta: string): string {
    let out = '';
    if (!this.thought) {
      out += this.closeMessage('completed');
      const place = this.place('rs');
      this.thought = { ...place, text: '' };
      out += this.added(place, reasoningItem(place.id, '', 'in_progress'));
      out += this.summaryEvent(place, 'part.added', { part: { type: 'summary_text', text: '' } });
    }
    this.thought.text += delta;
    return out + this.summaryEvent(this.thought, 'text.delta', { delta });
  }

  say(delta: string, logprobs: Fields[]): string {
    const begun = this.openPart('output_text');
    const part = this.lastPart('output_text');
    part.text += delta;
    part.logprobs.push(...logprobs);
    return begun + this.partEvent('response.output_text.delta', { delta, logprobs });
  }

  refuse(delta: string): string {
    const begun = this.openPart('refusal');
    const part = this.lastPart('refusal');
    part.refusal += delta;
    return begun + this.partEvent('response.refusal.delta', { delta });
  }

  cite(annotation: Fields): string {
    const begun = this.openPart('output_text');
    const part = this.lastPart('output_text');
    part.annotations.push(annotation);
    return begun + this.partEvent('response.output_text.annotation.added', { annotation_index: part.annotations.length - 1, annotation });
  }

  draw(result: string): string {
    const before = this.closeThought() + this.closeMessage('completed');
    const place = this.place('ig');
    const item = pictureItem(place.id, result, 'completed');
    return before + this.added(place, pictureItem(place.id, null, 'in_progress')) + this.done(place, item);
  }

  call(delta: unknown): string {
    if (!isRecord(delta) || this.doneCalls.has(delta.id)) return '';
    const at = callPosition(this.calls, delta);
    this.calls[at] ??= { arguments: '', index: delta.index };
    const call = this.calls[at];
    if (isFilled(delta.id)) call.id ??= delta.id;
    call.extraContent ??= extraContentOf(delta);
    const { name, arguments: args } = recordOf(delta.function);
    const more = argumentsOf(args);
    if (!call.place) {
      call.arguments += more;
      return isFilled(name) ? this.openCall(call, name) : '';
    }
    call.arguments += more;
    return this.argumentsDelta(call, more);
  }

  /** Finishes what is open. If the answer was cut off, it stays incomplete. */
  close(status: ItemStatus): string {
    let out = this.closeThought() + this.closeMessage(status);
    for (const call of this.calls) {
      out += this.closeCall(call, status);
      if (call.id !== undefined) this.doneCalls.add(call.id);
    }
    this.calls.length = 0;
    return out;
  }

  private place(prefix: string): Place {
    const index = this.items.push(undefined) - 1;
    return { index, id: itemId(prefix, this.state.names.id, index) };
  }

  private added({ index }: Place, item: Fields): string {
    return this.state.event('response.output_item.added', { output_index: index, item });
  }

  private done({ index }: Place, item: Fields): string {
    this.items[index] = item;
    return this.state.event('response.output_item.done', { output_index: index, item });
  }

  private summaryEvent({ id, index }: Place, what: string, fields: Fields): string {
    return this.state.event(`response.reasoning_summary_${what}`, { item_id: id, output_index: index, summary_index: 0, ...fields });
  }

  private closeThought(): string {
    if (!this.thought) return '';
    const { text, ...place } = this.thought;
    this.thought = undefined;
    return (
      this.summaryEvent(place, 'text.done', { text }) +
      this.summaryEvent(place, 'part.done', { part: { type: 'summary_text', text } }) +
      this.done(place, reasoningItem(place.id, text, 'completed'))
    );
  }

  /** Makes a part of this type the message's last, beginning a message where there is none. */
  private openPart(type: MessagePart['type']): string {
    let out = this.closeThought();
    if (!this.message) {
      const place = this.place('msg');
      this.message = { ...place, parts: [] };
      out += this.added(place, messageItem(place.id, [], 'in_progress'));
    }
    if (this.message.parts.at(-1)?.type === type) return out;
    out += this.closePart();
    const part: MessagePart = type === 'output_text' ? { type, text: '', annotations: [], logprobs: [] } : { type, refusal: '' };
    this.message.parts.push(part);
    return out + this.partEvent('response.content_part.added', { part });
  }

  private lastPart<Type extends MessagePart['type']>(type: Type): Extract<MessagePart, { type: Type }> {
    const part = this.message?.parts.at(-1);
    if (part?.type !== type) throw new Error(`the open part is no ${type}`);
    return part as Extract<MessagePart, { type: Type }>;
  }

  private partEvent(type: string, fields: Fields): string {
    const { id, index, parts } = this.message!;
    return this.state.event(type, { item_id: id, output_index: index, content_index: parts.length - 1, ...fields });
  }

  private closePart(): string {
    const part = this.message?.parts.at(-1);
    if (!part) return '';
    const written =
      part.type === 'output_text'
        ? this.partEvent('response.output_text.done', { text: part.text, logprobs: part.logprobs })
        : this.partEvent('response.refusal.done', { refusal: part.refusal });
    return written + this.partEvent('response.content_part.done', { part });
  }

  private closeMessage(status: ItemStatus): string {
    if (!this.message) return '';
    const out = this.closePart();
    const { parts, ...place } = this.message;
    this.message = undefined;
    return out + this.done(place, messageItem(place.id, parts, status));
  }

  private openCall(call: OpenCall, name: string): string {
    const before = this.closeThought() + this.closeMessage('completed');
    const origin = this.origins.get(name) ?? { name, isCustom: false };
    const place = this.place(itemPrefix(origin));
    call.place = place;
    call.origin = origin;
    call.callId = call.id ?? `call_${place.id}`;
    const item = callItem(place.id, { callId: call.callId, origin, arguments: '' }, 'in_progress');
    return before + this.added(place, item) + this.argumentsDelta(call, call.arguments);
  }

  /** A custom tool's text is inside its JSON arguments, and can be extracted only when these are complete. */
  private argumentsDelta({ place, origin }: OpenCall, delta: string): string {
    if (!place || origin?.isCustom || delta === '') return '';
    return this.callEvent(place, 'function_call_arguments.delta', { delta });
  }

  private callEvent({ id, index }: Place, what: string, fields: Fields): string {
    return this.state.event(`response.${what}`, { item_id: id, output_index: index, ...fields });
  }

  private closeCall(call: OpenCall, status: ItemStatus): string {
    const { place, origin, callId, extraContent } = call;
    if (!place || !origin || callId === undefined) return '';
    let out = '';
    if (call.arguments === '') {
      call.arguments = '{}';
      out += this.argumentsDelta(call, call.arguments);
    }
    const { arguments: args } = call;
    if (origin.isCustom) {
      const input = customInput(args);
      out += this.callEvent(place, 'custom_tool_call_input.delta', { delta: input });
      out += this.callEvent(place, 'custom_tool_call_input.done', { input });
    } else out += this.callEvent(place, 'function_call_arguments.done', { name: origin.name, arguments: args });
    return out + this.done(place, callItem(place.id, { callId, origin, arguments: args, extraContent }, status));
  }
}
