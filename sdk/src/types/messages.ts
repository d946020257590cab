/** Messages, as Anthropic writes them: https://platform.claude.com/docs/en/api/messages */

/** Marks the end of what is to be cached. */
export interface CacheControl {
  type: 'ephemeral';
  ttl?: '5m' | '1h';
}

/** Where a picture or a document is. */
export type MessageSource = { type: 'base64'; media_type: string; data: string } | { type: 'url'; url: string };

/** A block of a message that is sent. */
export type MessageInputBlock =
  | { type: 'text'; text: string; cache_control?: CacheControl }
  | { type: 'image' | 'document'; source: MessageSource; cache_control?: CacheControl }
  | { type: 'tool_result'; tool_use_id: string; content?: string | MessageInputBlock[]; is_error?: boolean; cache_control?: CacheControl }
  | MessageBlock;

/** A block of the model's. */
export type MessageBlock =
  | { type: 'text'; text: string; citations?: unknown[] | null }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }
  | { type: 'tool_use'; id: string; name: string; input: unknown };

/** A tool that the model may call. */
export interface MessageTool {
  name: string;
  description?: string;
  input_schema: Record<string, unknown>;
  cache_control?: CacheControl;
}

/** A request. Fields that are not listed pass through to the model as they are. */
export interface MessageParams {
  model: string;
  max_tokens: number;
  messages: { role: 'user' | 'assistant'; content: string | MessageInputBlock[] }[];
  system?: string | { type: 'text'; text: string; cache_control?: CacheControl }[];
  thinking?: { type: 'enabled'; budget_tokens?: number } | { type: 'adaptive' } | { type: 'disabled' };
  tools?: (MessageTool | { type: string; name: string })[];
  tool_choice?: { type: 'auto' | 'any' | 'none' } | { type: 'tool'; name: string };
  temperature?: number;
  top_p?: number;
  top_k?: number;
  stop_sequences?: string[];
  metadata?: { user_id?: string };
  [field: string]: unknown;
}

/** What a request took, and what it cost. */
export interface MessageUsage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  /** 100 credits are one dollar. */
  creditsUsed: number;
  /** The provider told none: these figures are the gateway's own. */
  estimated?: true;
}

/** Why a model stopped. */
export type MessageStopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'pause_turn'
  | 'refusal'
  | 'model_context_window_exceeded';

/** A whole answer. */
export interface Message {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: MessageBlock[];
  stop_reason: MessageStopReason;
  stop_sequence: string | null;
  usage: MessageUsage;
}

/** What an event adds to a block. */
export type MessageDelta =
  | { type: 'text_delta'; text: string }
  | { type: 'thinking_delta'; thinking: string }
  | { type: 'signature_delta'; signature: string }
  | { type: 'input_json_delta'; partial_json: string }
  | { type: 'citations_delta'; citation: unknown };

/** An event of a streamed answer. */
export type MessageEvent =
  | { type: 'message_start'; message: Omit<Message, 'stop_reason' | 'usage'> & { stop_reason: null; usage: Partial<MessageUsage> } }
  | { type: 'content_block_start'; index: number; content_block: MessageBlock }
  | { type: 'content_block_delta'; index: number; delta: MessageDelta }
  | { type: 'content_block_stop'; index: number }
  | { type: 'message_delta'; delta: { stop_reason: MessageStopReason | null; stop_sequence: string | null }; usage: Partial<MessageUsage> }
  | { type: 'message_stop' }
  | { type: 'ping' };
