/** Responses, as OpenAI writes them: https://platform.openai.com/docs/api-reference/responses */

/** A part of a message that is sent. */
export type ResponseInputPart =
  | { type: 'input_text'; text: string }
  | { type: 'input_image'; image_url?: string; file_id?: string; detail?: 'auto' | 'low' | 'high' }
  | { type: 'input_file'; file_data?: string; file_id?: string; file_url?: string; filename?: string }
  | { type: 'output_text'; text: string };

/** What is sent: messages, results of tools, and items of earlier answers as they came. */
export type ResponseInputItem =
  | { type?: 'message'; role: 'user' | 'system' | 'developer' | 'assistant'; content: string | ResponseInputPart[] }
  | { type: 'function_call_output'; call_id: string; output: string }
  | ResponseOutputItem;

/** A part of a message of the model's. */
export type ResponseOutputPart = { type: 'output_text'; text: string; annotations?: unknown[] } | { type: 'refusal'; refusal: string };

/** An item of an answer. */
export type ResponseOutputItem =
  | { type: 'message'; id: string; role: 'assistant'; status: ResponseItemStatus; content: ResponseOutputPart[] }
  | { type: 'function_call'; id?: string; call_id: string; name: string; arguments: string; status?: ResponseItemStatus }
  | { type: 'custom_tool_call'; id?: string; call_id: string; name: string; input: string; status?: ResponseItemStatus }
  | { type: 'reasoning'; id: string; summary: { type: 'summary_text'; text: string }[]; encrypted_content?: string | null };

/** How far an item is. */
export type ResponseItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** A request. Fields that are not listed pass through to the model as they are. */
export interface ResponseParams {
  model: string;
  input: string | ResponseInputItem[];
  instructions?: string | null;
  max_output_tokens?: number | null;
  temperature?: number | null;
  top_p?: number | null;
  tools?: (
    | { type: 'function'; name: string; description?: string; parameters?: Record<string, unknown>; strict?: boolean }
    | { type: string }
  )[];
  tool_choice?: 'none' | 'auto' | 'required' | { type: string; name?: string };
  reasoning?: { effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | null; summary?: 'auto' | 'concise' | 'detailed' | null };
  text?: { format?: { type: string; name?: string; schema?: Record<string, unknown>; strict?: boolean }; verbosity?: string };
  previous_response_id?: string | null;
  store?: boolean | null;
  background?: boolean | null;
  [field: string]: unknown;
}

/** What a request took, and what it cost. */
export interface ResponseUsage {
  input_tokens: number;
  input_tokens_details?: { cached_tokens?: number; [detail: string]: unknown };
  output_tokens: number;
  output_tokens_details?: { reasoning_tokens?: number; [detail: string]: unknown };
  total_tokens: number;
  /** 100 credits are one dollar. */
  creditsUsed: number;
  /** The provider told none: these figures are the gateway's own. */
  estimated?: true;
}

interface ResponseBase {
  id: string;
  object: 'response';
  created_at: number;
  model: string;
  output: ResponseOutputItem[];
  /** All text of the answer, put together by this library. */
  output_text: string;
  previous_response_id?: string | null;
  metadata?: Record<string, string> | null;
}

/** An answer, by its status. */
export type ResponseObject =
  | (ResponseBase & { status: 'completed'; usage: ResponseUsage; error: null })
  | (ResponseBase & { status: 'incomplete'; usage: ResponseUsage; incomplete_details: { reason: string } | null })
  | (ResponseBase & { status: 'queued' | 'in_progress'; usage: null })
  | (ResponseBase & { status: 'failed'; usage: ResponseUsage | null; error: { code: string; message: string } })
  | (ResponseBase & { status: 'cancelled'; usage: ResponseUsage | null });

interface Numbered {
  sequence_number: number;
}

interface InItem extends Numbered {
  item_id: string;
  output_index: number;
}

/** An event of a streamed answer. */
export type ResponseEvent =
  | ({ type: 'response.created' | 'response.in_progress' | 'response.queued'; response: ResponseObject } & Numbered)
  | ({ type: 'response.completed' | 'response.incomplete'; response: ResponseObject & { usage: ResponseUsage } } & Numbered)
  | ({ type: 'response.output_item.added' | 'response.output_item.done'; output_index: number; item: ResponseOutputItem } & Numbered)
  | ({ type: 'response.content_part.added' | 'response.content_part.done'; content_index: number; part: ResponseOutputPart } & InItem)
  | ({ type: 'response.output_text.delta'; content_index: number; delta: string } & InItem)
  | ({ type: 'response.output_text.done'; content_index: number; text: string } & InItem)
  | ({ type: 'response.refusal.delta'; content_index: number; delta: string } & InItem)
  | ({ type: 'response.refusal.done'; content_index: number; refusal: string } & InItem)
  | ({ type: 'response.function_call_arguments.delta'; delta: string } & InItem)
  | ({ type: 'response.function_call_arguments.done'; arguments: string } & InItem)
  | ({ type: 'response.custom_tool_call_input.delta'; delta: string } & InItem)
  | ({ type: 'response.custom_tool_call_input.done'; input: string } & InItem)
  | ({ type: 'response.reasoning_summary_text.delta'; summary_index: number; delta: string } & InItem)
  | ({ type: 'response.reasoning_summary_text.done'; summary_index: number; text: string } & InItem)
  | ({ type: 'response.reasoning_text.delta'; content_index: number; delta: string } & InItem)
  | ({ type: 'keepalive' } & Numbered);
