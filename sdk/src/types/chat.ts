/** Chat Completions, as OpenAI writes them: https://platform.openai.com/docs/api-reference/chat */

/** A part of a message. */
export type ChatContentPart =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string; detail?: 'auto' | 'low' | 'high' } }
  | { type: 'input_audio'; input_audio: { data: string; format: 'wav' | 'mp3' } }
  | { type: 'file'; file: { file_data?: string; file_id?: string; filename?: string } };

/** A call of a tool that the model asks for. */
export interface ChatToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

/** A message of a conversation. */
export type ChatMessage =
  | { role: 'system' | 'developer' | 'user'; content: string | ChatContentPart[]; name?: string }
  | { role: 'assistant'; content?: string | ChatContentPart[] | null; tool_calls?: ChatToolCall[]; name?: string; refusal?: string | null }
  | { role: 'tool'; content: string | ChatContentPart[]; tool_call_id: string };

/** A tool that the model may call. */
export interface ChatTool {
  type: 'function';
  function: { name: string; description?: string; parameters?: Record<string, unknown>; strict?: boolean | null };
}

/** A request. Fields that are not listed pass through to the model as they are. */
export interface ChatParams {
  model: string;
  messages: ChatMessage[];
  max_tokens?: number | null;
  max_completion_tokens?: number | null;
  temperature?: number | null;
  top_p?: number | null;
  n?: number | null;
  stop?: string | string[] | null;
  tools?: ChatTool[];
  tool_choice?: 'none' | 'auto' | 'required' | { type: 'function'; function: { name: string } };
  response_format?:
    | { type: 'text' | 'json_object' }
    | { type: 'json_schema'; json_schema: { name: string; schema?: Record<string, unknown>; strict?: boolean } };
  reasoning_effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | null;
  stream_options?: { include_usage?: boolean } | null;
  [field: string]: unknown;
}

/** What a request took, and what it cost. */
export interface ChatUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number; [detail: string]: unknown };
  completion_tokens_details?: { reasoning_tokens?: number; [detail: string]: unknown };
  /** 100 credits are one dollar. */
  creditsUsed: number;
  /** The provider told none: these figures are the gateway's own. */
  estimated?: true;
}

/** Why a model stopped. */
export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';

/** A whole answer. */
export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  created: number;
  model: string;
  choices: {
    index: number;
    message: {
      role: 'assistant';
      content: string | null;
      refusal?: string | null;
      reasoning_content?: string | null;
      tool_calls?: ChatToolCall[];
    };
    finish_reason: ChatFinishReason;
  }[];
  usage: ChatUsage;
}

/** What a chunk adds to a message. */
export interface ChatDelta {
  role?: 'assistant';
  content?: string | null;
  refusal?: string | null;
  reasoning_content?: string | null;
  tool_calls?: { index: number; id?: string; type?: 'function'; function?: { name?: string; arguments?: string } }[];
}

/** A piece of a streamed answer. */
export interface ChatChunk {
  id: string;
  object: 'chat.completion.chunk';
  created: number;
  model: string;
  choices: { index: number; delta: ChatDelta; finish_reason: ChatFinishReason | null }[];
  /** On the last one, beside `finish_reason`; on one of its own where `include_usage` was asked for. */
  usage?: ChatUsage | null;
}

/** The gateway's own short form; without a model it takes an inexpensive one. */
export interface ChatSendParams {
  messages: ChatMessage[];
  model?: string;
  [field: string]: unknown;
}

/** The answer to it. */
export type ChatReply = ChatCompletion & { creditsUsed: number };
