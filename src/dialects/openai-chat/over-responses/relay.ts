import { type Fields, isRecord, parseJson } from '../../../core/record';
import { closedRest, eventData, splitEvents } from '../../../core/sse';
import { CUT_SHORT, eventType, OPENING_EVENTS } from '../../openai-responses/events';
import { nowSeconds } from '../../openai-responses/response-object';
import type { Receipt, StreamRelay } from '../../types';
import type { ChatRequest } from '../request';
import { DeltaWriter } from './delta-writer';
import { answerId, chatUsage, finishReason } from './items';
import { ThoughtKeeper, type ThoughtsByCall } from './thoughts';

const DONE = 'data: [DONE]\n\n';

/** What a chat stream's client has already received from an earlier upstream. */
export interface BegunStream {
  begun: boolean;
  id: string | undefined;
}

/** Relays a Responses stream to a chat client: events become equivalent chunks. */
export class OverResponsesRelay implements StreamRelay {
  hasContent = false;
  hasOutput = false;
  ended = false;
  complete = false;
  failure: { error: unknown } | undefined;
  usage: unknown;
  begun: boolean;
  readonly id: string;
  private model = '';
  private createdAt = nowSeconds();
  private finishReason = 'stop';
  private readonly keeper: ThoughtKeeper;
  private readonly writer: DeltaWriter;

  constructor(
    private readonly call: Pick<ChatRequest, 'includeUsage'>,
    requestId: string,
    thoughts: ThoughtsByCall,
    before: BegunStream | undefined,
  ) {
    this.begun = before?.begun === true;
    this.id = (this.begun ? before?.id : undefined) ?? answerId(requestId);
    this.keeper = new ThoughtKeeper(requestId, thoughts);
    this.writer = new DeltaWriter(this.keeper);
  }

  get ownItems(): readonly unknown[] | undefined {
    return this.keeper.kept;
  }

  get isEnding(): boolean {
    return this.writer.isBetweenItems;
  }

  get outputChars(): number {
    return this.writer.outputChars;
  }

  push(events: string): string {
    const { begun, hasContent } = this;
    let out = '';
    for (const event of splitEvents(events)) {
      if (this.ended || this.failure) break;
      out += this.pushEvent(event);
    }
    if (!this.failure || hasContent) return out;
    // Nothing of this upstream was sent, so the next one begins as if there had been none.
    this.begun = begun;
    this.hasContent = false;
    return '';
  }

  pushRest(text: string): string {
    return this.push(closedRest(text));
  }

  private pushEvent(event: string): string {
    const data = eventData(event)?.trim();
    if (data === undefined || data === '') return '';
    const json = parseJson(data);
    const type = isRecord(json) ? eventType(json, event) : undefined;
    if (!isRecord(json) || type === undefined || type === 'error' || type === 'response.failed') {
      this.failure = { error: data === '[DONE]' ? CUT_SHORT : json };
      return '';
    }
    if (OPENING_EVENTS.has(type)) return this.open(json);
    if (type === 'response.completed' || type === 'response.incomplete') return this.finish(json);
    return this.pass(this.writer.write(type, json));
  }

  private open({ response }: Fields): string {
    if (isRecord(response)) this.about(response);
    return this.opening();
  }

  private about({ model, created_at }: Fields): void {
    if (typeof model === 'string') this.model ||= model;
    if (typeof created_at === 'number') this.createdAt = created_at;
  }

  /** The role, alone in the very first chunk. */
  private opening(): string {
    if (this.begun) return '';
    this.begun = true;
    return this.chunk({ role: 'assistant', content: '', refusal: null });
  }

  private pass(deltas: readonly Fields[]): string {
    if (deltas.length === 0) return '';
    this.hasContent = true;
    this.hasOutput = true;
    return this.opening() + deltas.map(({ logprobs, ...delta }) => this.chunk(delta, null, logprobs)).join('');
  }

  private finish(json: Fields): string {
    const { response } = json;
    if (!isRecord(response)) {
      this.failure = { error: json };
      return '';
    }
    this.about(response);
    const out = this.pass(this.writer.complete(response.output));
    this.usage = response.usage;
    this.finishReason = finishReason(response, this.writer.hasCalls);
    this.hasContent = true;
    this.complete = true;
    this.ended = true;
    return out;
  }

  close(receipt: Receipt): string {
    const usage = chatUsage(receipt);
    const opening = this.opening();
    if (!this.call.includeUsage) return opening + this.chunk({}, this.finishReason, undefined, { usage }) + DONE;
    return opening + this.chunk({}, this.finishReason) + this.event([], { usage }) + DONE;
  }

  private chunk(delta: Fields, finish_reason: string | null = null, logprobs?: unknown, more: Fields = {}): string {
    return this.event([{ index: 0, delta, ...(logprobs !== undefined && { logprobs }), finish_reason }], more);
  }

  private event(choices: readonly Fields[], more: Fields): string {
    const { id, createdAt: created, model } = this;
    return `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices, ...more })}\n\n`;
  }
}
