import type { PromptSize } from '../estimate-tokens';
import type { ContinuedAnswer } from '../types';

/** A Responses request, as far as it is priced or routed on. */
export interface ResponsesRequest extends PromptSize {
  body: string;
  /** The body, parsed. */
  fields: Record<string, unknown>;
  model: string;
  /** The models to ask when this one fails. */
  otherModels?: readonly string[];
  stream: boolean;
  background: boolean;
  /** False where the client asked not to store the answer. */
  store: boolean;
  maxOutputTokens: number | undefined;
  /** The client's id for the answer that this call goes on from, and more about that answer. */
  previousResponseId: string | undefined;
  continues: ContinuedAnswer | undefined;
  /** The conversation that it goes on with. */
  conversationId: string | undefined;
  /** Asks for a compacted conversation rather than an answer. */
  compacts: boolean;
  /** Client headers that the upstream must see. */
  headers: Record<string, string>;
}
