import { type Fields, isFilled, isRecord, listOf, parseJson } from '../../../core/record';
import { closedRest, eventData, splitEvents } from '../../../core/sse';
import { textChars } from '../../../core/text-chars';
import { isFailedChunk } from '../../openai-chat/failed-chunk';
import { argumentsOf } from '../../openai-chat/tool-calls';
import type { Receipt, StreamRelay } from '../../types';
import { nowSeconds, ownResponse } from '../response-object';
import type { StreamState } from '../stream-state';
import { ownUsage } from '../usage';
import { ItemWriter } from './item-writer';
import { annotationsOf, contentOf, endOf, logprobsOf, picturesOf, thoughtOf } from './items';
import { type ChatCrossing, OWN_TERMS } from './request';

const IN_PROGRESS = 'response.in_progress';

/** Relays a chat stream to a Responses client: chunks become equivalent events. */
export class OverChatRelay implements StreamRelay {
  hasContent = false;
  hasOutput = false;
  ended = false;
  complete = false;
  failure: { error: unknown } | undefined;
  usage: unknown;
  outputChars = 0;
  /** How much had been written when usage was last sent. */
  private charsAtUsage = 0;
  private finishReason: unknown;
  private model: string | undefined;
  private createdAt: number | undefined;
  private readonly writer: ItemWriter;

  constructor(
    private readonly state: StreamState,
    origins: ChatCrossing['origins'],
  ) {
    this.writer = new ItemWriter(state, origins);
  }

  push(events: string): string {
    if (this.ended || this.failure) return '';
    const hadContent = this.hasContent;
    const takeBack = this.state.checkpoint();
    let out = '';
    for (const event of splitEvents(events)) {
      out += this.pushEvent(event);
      if (this.ended || this.failure) break;
    }
    if (!this.failure || hadContent) return out;
    // Nothing of this upstream was sent, so the next one begins as if there had been none.
    takeBack();
    this.hasContent = false;
    return '';
  }

  get isUsageAhead(): boolean {
    return this.usage !== undefined && this.outputChars > this.charsAtUsage;
  }

  get ownItems(): readonly unknown[] | undefined {
    return this.state.request.store ? this.writer.output : undefined;
  }

  pushRest(text: string): string {
    return this.push(closedRest(text));
  }

  private pushEvent(event: string): string {
    const data = eventData(event)?.trim();
    if (data === undefined || data === '') return '';
    if (this.complete && this.takesAside(data)) return '';
    if (data === '[DONE]') {
      this.ended = true;
      // Some upstreams end an answer without a finish reason.
      return this.writer.hasBegun ? this.finish('stop') : '';
    }
    const chunk = parseJson(data);
    if (!isRecord(chunk) || isFailedChunk(chunk) || !Array.isArray(chunk.choices)) {
      this.failure = { error: chunk };
      return '';
    }
    const choice = (chunk.choices as unknown[]).find((one) => isRecord(one) && (one.index ?? 0) === 0);
    const usage = [chunk.usage, isRecord(choice) && choice.usage].find(isRecord);
    if (usage !== undefined) this.takeUsage(usage);
    const opening = this.open(chunk);
    if (!isRecord(choice)) return opening;
    const { delta, finish_reason } = choice;
    const written = isRecord(delta) ? this.write(delta, logprobsOf(choice)) : '';
    if (usage !== undefined) this.charsAtUsage = this.outputChars;
    if (written !== '') {
      this.hasContent = true;
      this.hasOutput = true;
    }
    const end = isFilled(finish_reason) ? this.finish(finish_reason) : '';
    return opening + written + end;
  }

  private takeUsage(usage: Fields): void {
    this.usage = usage;
    this.charsAtUsage = this.outputChars;
  }

  /** After an answer's end some upstreams send usage or other things without `choices`. */
  private takesAside(data: string): boolean {
    const aside = parseJson(data);
    if (!isRecord(aside) || Array.isArray(aside.choices) || (aside.error ?? null) !== null) return false;
    if (isRecord(aside.usage)) this.takeUsage(aside.usage);
    return true;
  }

  private open({ model, created }: Fields): string {
    if (typeof model === 'string') this.model ??= model;
    if (typeof created === 'number') this.createdAt ??= created;
    const { state } = this;
    const opening = state.create({ ...OWN_TERMS, ...(this.model !== undefined && { model: this.model }) }, this.createdAt);
    if (state.opened.has(IN_PROGRESS)) return opening;
    state.opened.add(IN_PROGRESS);
    return opening + state.event(IN_PROGRESS, { response: parseJson(state.response ?? '{}') });
  }

  private write(delta: Fields, logprobs: Fields[]): string {
    const { writer } = this;
    const thought = thoughtOf(delta);
    const text = contentOf(delta);
    const refusal = typeof delta.refusal === 'string' ? delta.refusal : '';
    const calls = listOf(delta.tool_calls);
    this.outputChars +=
      textChars(thought) + textChars(text) + textChars(refusal) + calls.reduce<number>((sum, call) => sum + callChars(call), 0);
    let out = '';
    if (thought !== '') out += writer.think(thought);
    if (text !== '') out += writer.say(text, logprobs);
    for (const annotation of annotationsOf(delta)) out += writer.cite(annotation);
    if (refusal !== '') out += writer.refuse(refusal);
    for (const call of calls) out += writer.call(call);
    for (const picture of picturesOf(delta)) out += writer.draw(picture);
    return out;
  }

  /**
   * Items are finished at once rather than with the stream: Codex runs a tool as soon as its item is done. Some
   * upstreams send an end with each of several calls.
   */
  private finish(reason: string): string {
    if (endOf(this.finishReason).status === 'completed') this.finishReason = reason;
    this.complete = true;
    this.hasContent = true;
    return this.writer.close(endOf(this.finishReason).status);
  }

  close(receipt: Receipt): string {
    const { status, incomplete_details } = endOf(this.finishReason);
    const rest = this.writer.close(status);
    const { request, names } = this.state;
    const response = ownResponse(request, {
      id: names.id,
      createdAt: this.createdAt ?? nowSeconds(),
      status,
      ...(this.model !== undefined && { model: this.model }),
      incomplete_details,
      output: this.writer.output,
      ...OWN_TERMS,
      usage: ownUsage(receipt),
    });
    return rest + this.state.event(`response.${status}`, { response });
  }
}

const callChars = (call: unknown): number =>
  isRecord(call) && isRecord(call.function) ? textChars(argumentsOf(call.function.arguments)) : 0;
