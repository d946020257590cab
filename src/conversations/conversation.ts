/** The object of one conversation. What it does is in a module of its own, which no call without a conversation loads. */
import { DurableObject } from 'cloudflare:workers';
import type { ConversationLog } from './log';
import type { AddRequest, CreateRequest, FinishPartRequest, FinishRequest, PageRequest, RemoveItemRequest, TakeRequest } from './types';

export class Conversation extends DurableObject {
  private opened: Promise<ConversationLog> | undefined;
  private awake: Promise<ConversationLog> | undefined;

  private open(): Promise<ConversationLog> {
    this.opened ??= import('./log').then(({ ConversationLog }) => new ConversationLog(this.ctx.storage, Date.now));
    return this.opened;
  }

  private log(): Promise<ConversationLog> {
    this.awake ??= this.open().then(async (log) => {
      await log.wakeIfForgotten().catch((error: unknown) => console.error('alarm not set', String(error)));
      return log;
    });
    return this.awake;
  }

  async create(request: CreateRequest) {
    return (await this.log()).create(request);
  }

  async view() {
    return (await this.log()).view();
  }

  async setMetadata(metadata: Record<string, string>) {
    return (await this.log()).setMetadata(metadata);
  }

  async remove() {
    return (await this.log()).remove();
  }

  async transcript() {
    return (await this.log()).transcript();
  }

  async take(request: TakeRequest) {
    return (await this.log()).take(request);
  }

  async finishPart(request: FinishPartRequest) {
    return (await this.log()).finishPart(request);
  }

  async finish(request: FinishRequest) {
    return (await this.log()).finish(request);
  }

  async giveBack(holdId: string) {
    (await this.log()).giveBack(holdId);
  }

  async add(request: AddRequest) {
    return (await this.log()).add(request);
  }

  async page(request: PageRequest) {
    return (await this.log()).page(request);
  }

  async item(id: string) {
    return (await this.log()).item(id);
  }

  async removeItem(request: RemoveItemRequest) {
    return (await this.log()).removeItem(request);
  }

  override async alarm(): Promise<void> {
    await (await this.open()).expire();
  }
}
