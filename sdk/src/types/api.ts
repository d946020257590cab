// Made by sdk/scripts/types.mjs of the gateway’s OpenAPI document. Do not edit.

/** An API key, without its secret. */
export interface ApiKey {
  id: string;
  name: string;
  /** `test` runs every call on the sandbox, free of charge. */
  mode: 'live' | 'test';
  /** Whose hourly limits its calls count against. */
  userId: string;
  /** `active`, `disabled` at its limit or by someone, or `revoked` for good. */
  status: string;
  /** Disables the key when its limit is reached, until someone enables it again. */
  autoDisable: boolean;
  /** The only web origins that may use it, such as `https://app.example.com`; any if empty. */
  origins: string[];
  /** The only IP addresses or CIDR ranges that may use it; any if empty. */
  ips: string[];
  /** The only models that it may call; all if empty. */
  models: string[];
  /** The only families of models that it may call; all if empty. */
  families: ('chat' | 'messages' | 'responses' | 'gemini' | 'embedding' | 'image' | 'video' | 'audio' | '3d' | 'gpu')[];
  /** What it may do beside calling models. */
  scopes: ('keys.read' | 'keys.write' | 'usage.read' | 'billing.read' | 'audit.read' | 'members.read' | 'organization.read')[];
  /** Credits that it may spend in a period; `null` for no limit. */
  spendingLimit: number | null;
  /** After how long the limit starts anew, in UTC. */
  limitPeriod: 'day' | 'week' | 'month' | 'total';
  /** Spent since the limit’s current period began. */
  spentOfLimit: number;
  /** 100 credits are 1 USD. */
  spentThisMonth: number;
  createdAt: string;
  /** When it stops being good; never if `null`. */
  expiresAt: string | null;
  /** Until when the secret before the last rotation is good. */
  graceUntil: string | null;
  /** Set on keys that the gateway made for its own pages. */
  purpose: 'playground' | null;
}

export interface ApiKeyFields {
  /** Shown to people. */
  name?: string | undefined;
  /** Credits that it may spend in a period; `null` for no limit. */
  spendingLimit?: number | null | undefined;
  /** After how long the limit starts anew, in UTC; a month by default. */
  limitPeriod?: 'day' | 'week' | 'month' | 'total' | null | undefined;
  /** Disables the key when its limit is reached, until someone enables it again. */
  autoDisable?: boolean | null | undefined;
  /** The only web origins that may use it, such as `https://app.example.com`; any if empty. */
  origins?: string[] | null | undefined;
  /** The only IP addresses or CIDR ranges that may use it; any if empty. */
  ips?: string[] | null | undefined;
  /** When it stops being good; never if `null`. */
  expiresAt?: string | null | undefined;
  /** The only models that it may call; all if empty. */
  models?: string[] | null | undefined;
  /** The only families of models that it may call; all if empty. */
  families?: ('chat' | 'messages' | 'responses' | 'gemini' | 'embedding' | 'image' | 'video' | 'audio' | '3d' | 'gpu')[] | null | undefined;
  /** What it may do beside calling models. */
  scopes?:
    | ('keys.read' | 'keys.write' | 'usage.read' | 'billing.read' | 'audit.read' | 'members.read' | 'organization.read')[]
    | null
    | undefined;
  /** `active` enables a key again that was disabled. */
  status?: 'active' | 'disabled' | undefined;
}

export interface ApiKeyList {
  keys: ApiKey[];
}

export interface ApiKeyParams {
  /** Shown to people. */
  name: string;
  /** Credits that it may spend in a period; `null` for no limit. */
  spendingLimit?: number | null | undefined;
  /** After how long the limit starts anew, in UTC; a month by default. */
  limitPeriod?: 'day' | 'week' | 'month' | 'total' | null | undefined;
  /** Disables the key when its limit is reached, until someone enables it again. */
  autoDisable?: boolean | null | undefined;
  /** The only web origins that may use it, such as `https://app.example.com`; any if empty. */
  origins?: string[] | null | undefined;
  /** The only IP addresses or CIDR ranges that may use it; any if empty. */
  ips?: string[] | null | undefined;
  /** When it stops being good; never if `null`. */
  expiresAt?: string | null | undefined;
  /** The only models that it may call; all if empty. */
  models?: string[] | null | undefined;
  /** The only families of models that it may call; all if empty. */
  families?: ('chat' | 'messages' | 'responses' | 'gemini' | 'embedding' | 'image' | 'video' | 'audio' | '3d' | 'gpu')[] | null | undefined;
  /** What it may do beside calling models. */
  scopes?:
    | ('keys.read' | 'keys.write' | 'usage.read' | 'billing.read' | 'audit.read' | 'members.read' | 'organization.read')[]
    | null
    | undefined;
  /** `test` runs every call on the sandbox, free of charge. */
  mode?: 'live' | 'test' | null | undefined;
}

export interface ApiKeyRotateParams {
  /** How long the old secret stays good: a day by default, 0 ends it at once. */
  graceSeconds?: number | null | undefined;
  /** Ends a still older secret that is good until now. */
  endGrace?: boolean | null | undefined;
}

export type AudioFormat = 'mp3' | 'wav' | 'opus' | 'pcm' | 'aac' | 'flac';

/** Speech. */
export interface AudioResult {
  success: true;
  /** Unix time, in seconds. */
  created: number;
  data: {
    url: string;
  }[];
  outputUrl: string;
  jobId: string;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
  model: string;
}

/** Marks the end of what is to be cached. */
export interface CacheControl {
  type: 'ephemeral';
  ttl?: '5m' | '1h' | undefined;
}

/** Canceled before it was done: free, but for the GPU time of a deployment’s run. */
export interface CanceledJob {
  id: string;
  object: 'job';
  /** The same as `id`. */
  jobId: string;
  type: JobType;
  model: string;
  /** Held while the job runs, charged when it is completed, and 0 otherwise. 100 credits are 1 USD. */
  creditsUsed: number;
  /** The id with which `/v1/generations/{id}` shows the receipt. */
  requestId: string;
  createdAt: string;
  startedAt: string | null;
  status: 'canceled';
  /** How far it is, in finer words than `status`. */
  state: 'canceled';
  outputUrl: null;
  /** All files that were made. */
  outputUrls: string[];
  filesRemovedAt?: string;
  error: string;
  output?: unknown;
  endedAt: string;
}

export interface ChatChunk {
  id: string;
  object: 'chat.completion.chunk';
  created: number;
  /** The one that answers. */
  model: string;
  /** One, unless `n` asks for several. */
  choices: {
    index: number;
    delta: ChatDelta;
    finish_reason?: ChatFinishReason | null;
  }[];
  /** On the last chunk, beside `finish_reason`; on one of its own where `include_usage` was asked for. */
  usage?: ChatUsage | null;
}

export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  created: number;
  /** The one that answered. */
  model: string;
  /** One, unless `n` asks for several. */
  choices: {
    index: number;
    message: {
      role: 'assistant';
      content?: string | null;
      refusal?: string | null;
      reasoning_content?: string | null;
      tool_calls?: ChatToolCall[] | null;
    };
    finish_reason: ChatFinishReason;
  }[];
  usage: ChatUsage;
}

export type ChatContentPart =
  | {
      type: 'text';
      text: string;
    }
  | {
      type: 'image_url';
      image_url: {
        url: string;
        detail?: 'auto' | 'low' | 'high' | undefined;
      };
    }
  | {
      type: 'input_audio';
      input_audio: {
        data: string;
        format: 'wav' | 'mp3';
      };
    }
  | {
      type: 'file';
      file: {
        file_data?: string | undefined;
        file_id?: string | undefined;
        filename?: string | undefined;
      };
    };

/** What a chunk adds to a message. */
export interface ChatDelta {
  role?: 'assistant' | null;
  content?: string | null;
  refusal?: string | null;
  reasoning_content?: string | null;
  tool_calls?:
    | {
        index: number;
        id?: string | null;
        type?: 'function' | null;
        function?: {
          name?: string | null;
          arguments?: string | null;
        };
      }[]
    | null;
}

export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';

/** A message of a conversation. */
export type ChatMessage =
  | {
      role: 'system' | 'developer' | 'user';
      content: string | ChatContentPart[];
      name?: string | undefined;
    }
  | {
      role: 'assistant';
      content?: string | ChatContentPart[] | null | undefined;
      tool_calls?: ChatToolCall[] | null | undefined;
      name?: string | undefined;
      refusal?: string | null | undefined;
    }
  | {
      role: 'tool';
      content: string | ChatContentPart[];
      tool_call_id: string;
    };

export interface ChatParams {
  /** A model’s id, as `/v1/models` lists them. */
  model: string;
  /** The conversation so far, oldest first. */
  messages: ChatMessage[];
  /** `true` sends the answer as server-sent events while it is made. */
  stream?: boolean | null | undefined;
  /** What a stream says beside the answer. */
  stream_options?:
    | {
        include_usage?: boolean | null | undefined;
      }
    | null
    | undefined;
  /** How many answers; each is paid. */
  n?: number | null | undefined;
  /** The most tokens that the answer may have. */
  max_tokens?: number | null | undefined;
  /** The most tokens that the answer may have, its reasoning included. */
  max_completion_tokens?: number | null | undefined;
  /** How freely words are chosen: 0 for the likeliest ones. */
  temperature?: number | null | undefined;
  /** Only the likeliest words that together have this probability are chosen from. */
  top_p?: number | null | undefined;
  /** Texts before which the answer ends. */
  stop?: string | string[] | null | undefined;
  /** What the model may call. */
  tools?: ChatTool[] | undefined;
  /** Whether it must call a tool, and which. */
  tool_choice?:
    | 'none'
    | 'auto'
    | 'required'
    | {
        type: 'function';
        function: {
          name: string;
        };
      }
    | undefined;
  /** The form of the answer. */
  response_format?:
    | {
        type: 'text' | 'json_object';
      }
    | {
        type: 'json_schema';
        json_schema: {
          name: string;
          schema?: Record<string, unknown> | undefined;
          strict?: boolean | null | undefined;
        };
      }
    | undefined;
  /** Asked one after the other should the `model`, or the first of them, fail; charged is the one that answers. */
  models?: string[] | null | undefined;
  /** Such as `low`, `medium` or `high`. */
  reasoning_effort?: string | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

export interface ChatReply {
  id: string;
  object: 'chat.completion';
  created: number;
  model: string;
  choices: {
    index: number;
    message: {
      role: 'assistant';
      content?: string | null;
      refusal?: string | null;
      reasoning_content?: string | null;
      tool_calls?: ChatToolCall[] | null;
    };
    finish_reason: ChatFinishReason;
  }[];
  usage: ChatUsage;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
}

export interface ChatSendParams {
  /** A small one where it is left out. */
  model?: string | null | undefined;
  /** The conversation so far, oldest first. */
  messages: ChatMessage[];
  /** `true` sends the answer as server-sent events while it is made. */
  stream?: boolean | null | undefined;
  /** What a stream says beside the answer. */
  stream_options?:
    | {
        include_usage?: boolean | null | undefined;
      }
    | null
    | undefined;
  /** How many answers; each is paid. */
  n?: number | null | undefined;
  /** The most tokens that the answer may have. */
  max_tokens?: number | null | undefined;
  /** The most tokens that the answer may have, its reasoning included. */
  max_completion_tokens?: number | null | undefined;
  /** How freely words are chosen: 0 for the likeliest ones. */
  temperature?: number | null | undefined;
  /** Only the likeliest words that together have this probability are chosen from. */
  top_p?: number | null | undefined;
  /** Texts before which the answer ends. */
  stop?: string | string[] | null | undefined;
  /** What the model may call. */
  tools?: ChatTool[] | undefined;
  /** Whether it must call a tool, and which. */
  tool_choice?:
    | 'none'
    | 'auto'
    | 'required'
    | {
        type: 'function';
        function: {
          name: string;
        };
      }
    | undefined;
  /** The form of the answer. */
  response_format?:
    | {
        type: 'text' | 'json_object';
      }
    | {
        type: 'json_schema';
        json_schema: {
          name: string;
          schema?: Record<string, unknown> | undefined;
          strict?: boolean | null | undefined;
        };
      }
    | undefined;
  /** Asked one after the other should the `model`, or the first of them, fail; charged is the one that answers. */
  models?: string[] | null | undefined;
  /** Such as `low`, `medium` or `high`. */
  reasoning_effort?: string | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

/** A tool that the model may call. */
export interface ChatTool {
  type: 'function';
  function: {
    name: string;
    description?: string | undefined;
    /** A JSON Schema. */
    parameters?: Record<string, unknown> | undefined;
    strict?: boolean | null | undefined;
  };
}

/** A call of a tool that the model asks for. */
export interface ChatToolCall {
  id: string;
  type: 'function';
  function: {
    name: string;
    /** JSON. */
    arguments: string;
  };
}

/** What a request took, and what it cost. */
export interface ChatUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: {
    cached_tokens?: number | null;
  } | null;
  completion_tokens_details?: {
    reasoning_tokens?: number | null;
  } | null;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
  /** The provider told none: these figures are the gateway’s own. */
  estimated?: true;
}

/** The text to speak in the voice of a recording. */
export interface CloneParams {
  /** `fast` uses the fast provider only, for a surcharge. */
  mode?: 'auto' | 'fast' | null | undefined;
  /** Receives a signed webhook when the job ends. */
  webhook_url?: string | null | undefined;
  /** With emotions where the voice has them: `(happy) Hello!` Each 1,333 bytes of UTF-8, or what is left of them, are a request. */
  text: string;
  /** A recording of the voice, at least 10 seconds long. */
  audio: string | Blob;
  /** The recording’s text. */
  reference_text?: string | null | undefined;
  /** Of the file that is made. */
  format?: AudioFormat | null | undefined;
  /** From 0.25 to 4. */
  speed?: number | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

/** A completed job, which is charged. */
export interface CompletedJob {
  id: string;
  object: 'job';
  /** The same as `id`. */
  jobId: string;
  type: JobType;
  model: string;
  /** Held while the job runs, charged when it is completed, and 0 otherwise. 100 credits are 1 USD. */
  creditsUsed: number;
  /** The id with which `/v1/generations/{id}` shows the receipt. */
  requestId: string;
  createdAt: string;
  startedAt: string | null;
  status: 'completed';
  /** How far it is, in finer words than `status`. */
  state: 'succeeded';
  /** The first of `outputUrls`; null where the result is not a file or is no longer kept. */
  outputUrl: string | null;
  /** All files that were made. */
  outputUrls: string[];
  /** When its files were removed; they are kept for a limited time. */
  filesRemovedAt?: string;
  /** The text of a transcription. */
  text?: string;
  segments?: TranscriptSegment[];
  /** For a transcription: the length of the recording in seconds. */
  duration?: number | null;
  /** For a GPU run: what the worker returned, with URLs in place of files as base64. */
  output?: unknown;
  /** The URL of a GPU run’s `output` as JSON, if that is too large to be shown here. */
  outputJsonUrl?: string;
  endedAt: string;
}

/** A container on rented GPUs. */
export interface Deployment {
  slug: string;
  object: 'deployment';
  name: string;
  dockerImage: string;
  gpuTypes: string;
  minWorkers: number;
  maxWorkers: number;
  /** Seconds after which an idle worker is stopped. */
  idleTimeout: number;
  /** Names only: the values are never shown again. */
  env: string[];
  webhookUrl: string | null;
  status: 'creating' | 'active' | 'updating' | 'deleting';
  /** A notice for its owner, such as why its workers were stopped. */
  notice: string | null;
  endpointId: string | null;
  runUrl: string;
  createdAt: string;
  updatedAt: string;
}

export interface DeploymentDeleted {
  slug: string;
  object: 'deployment';
  deleted: true;
}

export interface DeploymentFields {
  /** Shown to people. */
  name?: string | undefined;
  /** The container’s image, with its tag. */
  dockerImage?: string | undefined;
  /** GPUs in the order of preference, as `GET /v1/gpu` lists them: a list, or one text with commas. */
  gpuTypes?: string | string[] | undefined;
  /** Workers that are always on. One that waits costs a tenth of the dearest of `gpuTypes`. */
  minWorkers?: number | undefined;
  /** The most workers at a time. */
  maxWorkers?: number | undefined;
  /** Seconds after which an idle worker is stopped. */
  idleTimeout?: number | undefined;
  /** Environment variables of the container. They are never shown again. */
  env?: Record<string, string> | undefined;
  /** Receives a signed webhook when a run ends. */
  webhookUrl?: string | null | undefined;
}

export interface DeploymentList {
  object: 'list';
  data: Deployment[];
}

export interface DeploymentParams {
  /** Shown to people; the slug if left out. */
  name?: string | undefined;
  /** The container’s image, with its tag. */
  dockerImage: string;
  /** GPUs in the order of preference, as `GET /v1/gpu` lists them: a list, or one text with commas. */
  gpuTypes: string | string[];
  /** Workers that are always on, 0 by default. One that waits costs a tenth of the dearest of `gpuTypes`. */
  minWorkers?: number | undefined;
  /** The most workers at a time; 3 by default. */
  maxWorkers?: number | undefined;
  /** Seconds after which an idle worker is stopped; 5 by default. */
  idleTimeout?: number | undefined;
  /** Environment variables of the container. They are never shown again. */
  env?: Record<string, string> | undefined;
  /** Receives a signed webhook when a run ends. */
  webhookUrl?: string | null | undefined;
  /** Its name in paths: lower-case letters, digits and dashes. */
  slug: string;
}

export interface EmbeddingParams {
  /** A model’s id, as `/v1/models` lists them. */
  model: string;
  /** Texts, or tokens; a vector is made of each. */
  input: string | string[] | number[] | number[][];
  /** `float`, or `base64` for little-endian float32. */
  encoding_format?: string | null | undefined;
  /** How many numbers a vector has, for models that can shorten them. */
  dimensions?: number | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

export interface EmbeddingResult {
  object: 'list';
  model: string;
  data: {
    object: 'embedding';
    index: number;
    /** Numbers, or with `encoding_format: base64` little-endian float32. */
    embedding: number[] | string;
  }[];
  usage: {
    prompt_tokens: number;
    total_tokens: number;
    /** 100 credits are 1 USD. */
    creditsUsed: number;
  };
}

/** Was not done in the time that it had: free, but for the GPU time of a deployment’s run. */
export interface ExpiredJob {
  id: string;
  object: 'job';
  /** The same as `id`. */
  jobId: string;
  type: JobType;
  model: string;
  /** Held while the job runs, charged when it is completed, and 0 otherwise. 100 credits are 1 USD. */
  creditsUsed: number;
  /** The id with which `/v1/generations/{id}` shows the receipt. */
  requestId: string;
  createdAt: string;
  startedAt: string | null;
  status: 'expired';
  /** How far it is, in finer words than `status`. */
  state: 'expired';
  outputUrl: null;
  /** All files that were made. */
  outputUrls: string[];
  filesRemovedAt?: string;
  error: string;
  output?: unknown;
  endedAt: string;
}

/** Came to nothing, and is free. */
export interface FailedJob {
  id: string;
  object: 'job';
  /** The same as `id`. */
  jobId: string;
  type: JobType;
  model: string;
  /** Held while the job runs, charged when it is completed, and 0 otherwise. 100 credits are 1 USD. */
  creditsUsed: number;
  /** The id with which `/v1/generations/{id}` shows the receipt. */
  requestId: string;
  createdAt: string;
  startedAt: string | null;
  status: 'failed';
  /** How far it is, in finer words than `status`. */
  state: 'failed';
  outputUrl: null;
  /** All files that were made. */
  outputUrls: string[];
  filesRemovedAt?: string;
  error: string;
  output?: unknown;
  endedAt: string;
}

/** A call’s receipt: usage times price is the charge. */
export interface Generation {
  id: string;
  object: 'generation';
  model: string | null;
  /** The path that was called. */
  endpoint: string | null;
  /** `open` while it is under way. */
  state: string;
  /** What it was charged by: `actual` figures of the provider, `estimated` ones, or `ceiling`, all that was held; `released` if nothing was. */
  outcome: string | null;
  /** Whether it was a free call to the sandbox. */
  test: boolean;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
  /** 100 credits are 1 USD. */
  creditsHeld: number;
  createdAt: string;
  endedAt: string | null;
  /** The one that answered. */
  provider?: string | null;
  /** What was counted. */
  usage?: Record<string, number> | null;
  /** What it was charged by. */
  price?: Record<string, unknown> | null;
  /** Whom it was asked of, in order. */
  attempts?: {
    provider: string;
    model: string;
    status: number | null;
    outcome: 'answered' | 'failed' | 'skipped' | 'abandoned' | 'started' | 'lost';
    message?: string;
  }[];
}

export type GetConversationItemAnswer = ResponseInputItem;

/** Hosted models, and the GPUs for deployments. */
export interface GpuCatalogue {
  object: 'list';
  data: GpuModel[];
  gpuTypes: {
    id: string;
    /** 100 credits are 1 USD. */
    creditsPerSecond: number;
  }[];
}

/** A GPU run; `status` decides which of these it is. */
export type GpuJob =
  | {
      id: string;
      job_id: string;
      provider_job_id: string | null;
      status: 'queued' | 'running';
      pollUrl: string;
    }
  | SucceededGpuJob
  | {
      id: string;
      job_id: string;
      provider_job_id: string | null;
      status: 'failed';
      filesRemovedAt?: string;
      error: string;
      costCredits: 0;
      creditsCharged: 0;
    }
  | {
      id: string;
      job_id: string;
      provider_job_id: string | null;
      status: 'canceled' | 'expired';
      filesRemovedAt?: string;
      error: string;
      /** For a deployment’s run that was stopped, the GPU time until then; otherwise 0. */
      costCredits: number;
      /** 100 credits are 1 USD. */
      creditsCharged: number;
    };

/** A hosted model. */
export interface GpuModel {
  slug: string;
  name: string;
  vendor: string;
  price: {
    per: string;
    /** 100 credits are 1 USD. */
    credits: number;
  } | null;
  maxSeconds: number | null;
  /** With `inline` the answer has the result, with `async` the job. */
  mode: 'inline' | 'async';
}

export interface GpuModelParams {
  /** Passed to the worker. */
  input: Record<string, unknown>;
  /** `true` waits for the result, up to 240 seconds. */
  sync?: boolean | null | undefined;
  /** Receives a signed webhook when the job ends. */
  webhook_url?: string | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

export interface GpuParams {
  /** Passed to the worker. */
  input: Record<string, unknown>;
  /** `true` waits for the result, up to 240 seconds. */
  sync?: boolean | null | undefined;
  /** Receives a signed webhook when the job ends. */
  webhook_url?: string | null | undefined;
  /** How long it may run, in seconds: from 1 to 3600, 600 by default. */
  maxSeconds?: number | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

export interface ImageCreateFields {
  /** `fast` uses the fast provider only, for a surcharge. */
  mode?: 'auto' | 'fast' | null | undefined;
  /** Receives a signed webhook when the job ends. */
  webhook_url?: string | null | undefined;
  /** What is to be made, in words. */
  prompt: string;
  /** How many pictures, 1 to 10; other values are clamped. */
  n?: number | null | undefined;
  /** For example `1536x1024`, for models with sizes. */
  size?: string | null | undefined;
  /** For example `16:9`. */
  aspect_ratio?: string | null | undefined;
  /** For example `2K`, for models with resolutions. */
  resolution?: string | null | undefined;
  /** Reference pictures. */
  reference_images?: string | Blob | (string | Blob)[] | null | undefined;
  /** Reference pictures. */
  image_urls?: string | Blob | (string | Blob)[] | null | undefined;
  /** Reference pictures. */
  image?: string | Blob | (string | Blob)[] | null | undefined;
  /** Where the picture is to be changed. */
  mask?: string | Blob | null | undefined;
  /** What is not to be seen. */
  negative_prompt?: string | null | undefined;
  /** The same one makes the same again, as far as the model can. */
  seed?: number | null | undefined;
  /** For example `high`, for models with qualities; with some models it costs more. */
  quality?: string | null | undefined;
  /** For example `png`, `jpeg` or `webp`, for models with formats. */
  output_format?: string | null | undefined;
  /** Sends each picture as an event. */
  stream?: boolean | null | undefined;
  /** How many preliminary pictures a stream of one picture shows, 3 at most. */
  partial_images?: number | null | undefined;
  /** `b64_json` has the pictures themselves in the answer. */
  response_format?: 'url' | 'b64_json' | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

export type ImageCreateParams = ImageCreateFields & ModelOrIntent;

/** Pictures, in OpenAI’s form. */
export interface ImageCreateResult {
  /** Unix time, in seconds. */
  created: number;
  data: {
    url: string;
    /** Left out where the pictures exceed 16 MB together; then use `url`. */
    b64_json?: string;
    revised_prompt?: string;
  }[];
  jobId: string;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
  model: string;
}

export interface ImageEditFields {
  /** `fast` uses the fast provider only, for a surcharge. */
  mode?: 'auto' | 'fast' | null | undefined;
  /** Receives a signed webhook when the job ends. */
  webhook_url?: string | null | undefined;
  /** What is to be made, in words. */
  prompt: string;
  /** How many pictures, 1 to 10; other values are clamped. */
  n?: number | null | undefined;
  /** For example `1536x1024`, for models with sizes. */
  size?: string | null | undefined;
  /** For example `16:9`. */
  aspect_ratio?: string | null | undefined;
  /** For example `2K`, for models with resolutions. */
  resolution?: string | null | undefined;
  /** Reference pictures. */
  reference_images?: string | Blob | (string | Blob)[] | null | undefined;
  /** Reference pictures. */
  image_urls?: string | Blob | (string | Blob)[] | null | undefined;
  /** The pictures to change: URLs, data URLs, or uploads in a form. */
  image: string | Blob | (string | Blob)[];
  /** Where the picture is to be changed. */
  mask?: string | Blob | null | undefined;
  /** What is not to be seen. */
  negative_prompt?: string | null | undefined;
  /** The same one makes the same again, as far as the model can. */
  seed?: number | null | undefined;
  /** For example `high`, for models with qualities; with some models it costs more. */
  quality?: string | null | undefined;
  /** For example `png`, `jpeg` or `webp`, for models with formats. */
  output_format?: string | null | undefined;
  /** Sends each picture as an event. */
  stream?: boolean | null | undefined;
  /** How many preliminary pictures a stream of one picture shows, 3 at most. */
  partial_images?: number | null | undefined;
  /** `b64_json` has the pictures themselves in the answer. */
  response_format?: 'url' | 'b64_json' | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

export type ImageEditParams = ImageEditFields & ModelOrIntent;

/** A picture, or a preliminary one, in a stream. */
export type ImageEvent =
  | {
      type: 'image_generation.completed' | 'image_edit.completed';
      created_at: number;
      size: string;
      quality: string;
      background: string;
      output_format: string;
      /** 100 credits are 1 USD. */
      creditsUsed: number;
      jobId: string;
      /** Null where it is too large for one event. */
      b64_json: string | null;
      url: string;
    }
  | {
      type: 'image_generation.partial_image' | 'image_edit.partial_image';
      created_at: number;
      size: string;
      quality: string;
      background: string;
      output_format: string;
      b64_json: string;
      partial_image_index: number;
    };

/** The picture to make. */
export interface ImageFields {
  /** `fast` uses the fast provider only, for a surcharge. */
  mode?: 'auto' | 'fast' | null | undefined;
  /** Receives a signed webhook when the job ends. */
  webhook_url?: string | null | undefined;
  /** What is to be made, in words. */
  prompt: string;
  /** How many pictures, 1 to 10; other values are clamped. */
  n?: number | null | undefined;
  /** For example `1536x1024`, for models with sizes. */
  size?: string | null | undefined;
  /** For example `16:9`. */
  aspect_ratio?: string | null | undefined;
  /** For example `2K`, for models with resolutions. */
  resolution?: string | null | undefined;
  /** Reference pictures. */
  reference_images?: string | Blob | (string | Blob)[] | null | undefined;
  /** Reference pictures. */
  image_urls?: string | Blob | (string | Blob)[] | null | undefined;
  /** Reference pictures. */
  image?: string | Blob | (string | Blob)[] | null | undefined;
  /** Where the picture is to be changed. */
  mask?: string | Blob | null | undefined;
  /** What is not to be seen. */
  negative_prompt?: string | null | undefined;
  /** The same one makes the same again, as far as the model can. */
  seed?: number | null | undefined;
  /** For example `high`, for models with qualities; with some models it costs more. */
  quality?: string | null | undefined;
  /** For example `png`, `jpeg` or `webp`, for models with formats. */
  output_format?: string | null | undefined;
  /** Sends events; on OpenAI’s paths only. */
  stream?: boolean | string | null | undefined;
  /** How many preliminary pictures a stream of one picture shows, 3 at most. */
  partial_images?: number | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

export type ImageParams = ImageFields & ModelOrIntent;

/** Pictures. */
export interface ImageResult {
  /** Unix time, in seconds. */
  created: number;
  data: {
    url: string;
    model: string;
  }[];
  resultId: string;
  jobId: string;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
  model: string;
}

/** A job; `status` decides which of these it is. */
export type Job = ProcessingJob | CompletedJob | FailedJob | CanceledJob | ExpiredJob;

export interface JobDeleted {
  id: string;
  object: 'job';
  deleted: true;
}

export interface JobPage {
  object: 'list';
  data: Job[];
  next: string | null;
}

/** Model families whose calls are jobs. */
export type JobType = 'image' | 'video' | 'audio' | '3d' | 'gpu';

export interface Message {
  id: string;
  type: 'message';
  role: 'assistant';
  /** The one that answered. */
  model: string;
  /** What the model says, block by block. */
  content: MessageBlock[];
  /** Why the answer ends. */
  stop_reason: MessageStopReason;
  stop_sequence?: string | null;
  usage: MessageUsage;
}

/** A block of the model’s. */
export type MessageBlock =
  | {
      type: 'text';
      text: string;
      citations?: unknown[] | null;
    }
  | {
      type: 'thinking';
      thinking: string;
      signature: string;
    }
  | {
      type: 'redacted_thinking';
      data: string;
    }
  | {
      type: 'tool_use';
      id: string;
      name: string;
      input: unknown;
    };

export interface MessageCount {
  input_tokens: number;
}

export interface MessageCountParams {
  /** A model’s id, as `/v1/models` lists them. */
  model: string;
  /** The conversation so far, oldest first. */
  messages: {
    role: 'user' | 'assistant' | 'system';
    content: string | MessageInputBlock[];
  }[];
  /** Instructions that stand above the conversation. */
  system?:
    | string
    | {
        type: 'text';
        text: string;
        cache_control?: CacheControl | null | undefined;
      }[]
    | undefined;
  /** Whether the model thinks before it answers, and how much. */
  thinking?:
    | {
        type: 'enabled';
        budget_tokens?: number | undefined;
      }
    | {
        type: 'adaptive' | 'disabled';
      }
    | undefined;
  /** What the model may call. */
  tools?:
    | (
        | MessageTool
        | {
            type: string;
            name: string;
          }
      )[]
    | undefined;
  /** Whether it must call a tool, and which. */
  tool_choice?:
    | {
        type: 'auto' | 'any' | 'none';
      }
    | {
        type: 'tool';
        name: string;
      }
    | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

/** What an event adds to a block. */
export type MessageDelta =
  | {
      type: 'text_delta';
      text: string;
    }
  | {
      type: 'thinking_delta';
      thinking: string;
    }
  | {
      type: 'signature_delta';
      signature: string;
    }
  | {
      type: 'input_json_delta';
      partial_json: string;
    }
  | {
      type: 'citations_delta';
      citation: unknown;
    };

/** An event of a streamed answer. */
export type MessageEvent =
  | {
      type: 'message_start';
      message: {
        id: string;
        type: 'message';
        role: 'assistant';
        model: string;
        content: MessageBlock[];
        stop_reason: null;
        stop_sequence?: string | null;
        usage: {
          input_tokens?: number;
          output_tokens?: number;
          cache_creation_input_tokens?: number | null;
          cache_read_input_tokens?: number | null;
          /** 100 credits are 1 USD. */
          creditsUsed?: number;
          /** The provider told none: these figures are the gateway’s own. */
          estimated?: true;
        };
      };
    }
  | {
      type: 'content_block_start';
      index: number;
      content_block: MessageBlock;
    }
  | {
      type: 'content_block_delta';
      index: number;
      delta: MessageDelta;
    }
  | {
      type: 'content_block_stop';
      index: number;
    }
  | {
      type: 'message_delta';
      delta: {
        stop_reason?: MessageStopReason | null;
        stop_sequence?: string | null;
      };
      usage: {
        input_tokens?: number;
        output_tokens?: number;
        cache_creation_input_tokens?: number | null;
        cache_read_input_tokens?: number | null;
        /** 100 credits are 1 USD. */
        creditsUsed?: number;
        /** The provider told none: these figures are the gateway’s own. */
        estimated?: true;
      };
    }
  | {
      type: 'message_stop';
    }
  | {
      type: 'ping';
    };

/** A block of a message that is sent. */
export type MessageInputBlock =
  | {
      type: 'text';
      text: string;
      cache_control?: CacheControl | null | undefined;
    }
  | {
      type: 'image' | 'document';
      source: MessageSource;
      cache_control?: CacheControl | null | undefined;
    }
  | {
      type: 'tool_result';
      tool_use_id: string;
      content?: string | MessageToolResultBlock[] | undefined;
      is_error?: boolean | null | undefined;
      cache_control?: CacheControl | null | undefined;
    }
  | {
      type: 'thinking';
      thinking: string;
      signature: string;
    }
  | {
      type: 'redacted_thinking';
      data: string;
    }
  | {
      type: 'tool_use';
      id: string;
      name: string;
      input: unknown;
    };

export interface MessageParams {
  /** A model’s id, as `/v1/models` lists them. */
  model: string;
  /** The conversation so far, oldest first. */
  messages: {
    role: 'user' | 'assistant' | 'system';
    content: string | MessageInputBlock[];
  }[];
  /** The most tokens that the answer may have. */
  max_tokens: number;
  /** `true` sends the answer as server-sent events while it is made. */
  stream?: boolean | null | undefined;
  /** Instructions that stand above the conversation. */
  system?:
    | string
    | {
        type: 'text';
        text: string;
        cache_control?: CacheControl | null | undefined;
      }[]
    | undefined;
  /** Whether the model thinks before it answers, and how much. */
  thinking?:
    | {
        type: 'enabled';
        budget_tokens?: number | undefined;
      }
    | {
        type: 'adaptive' | 'disabled';
      }
    | undefined;
  /** What the model may call. */
  tools?:
    | (
        | MessageTool
        | {
            type: string;
            name: string;
          }
      )[]
    | undefined;
  /** Whether it must call a tool, and which. */
  tool_choice?:
    | {
        type: 'auto' | 'any' | 'none';
      }
    | {
        type: 'tool';
        name: string;
      }
    | undefined;
  /** Asked one after the other should the `model`, or the first of them, fail; charged is the one that answers. */
  models?: string[] | null | undefined;
  /** How freely words are chosen: 0 for the likeliest ones. */
  temperature?: number | undefined;
  /** Only the likeliest words that together have this probability are chosen from. */
  top_p?: number | undefined;
  /** Only as many of the likeliest words are chosen from. */
  top_k?: number | undefined;
  /** Texts before which the answer ends. */
  stop_sequences?: string[] | undefined;
  /** Words of your own, by name. */
  metadata?:
    | {
        user_id?: string | null | undefined;
      }
    | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

export type MessageSource =
  | {
      type: 'base64';
      media_type: string;
      data: string;
    }
  | {
      type: 'url';
      url: string;
    };

export type MessageStopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'pause_turn'
  | 'refusal'
  | 'model_context_window_exceeded';

/** A tool that the model may call; `input_schema` is a JSON Schema. */
export interface MessageTool {
  name: string;
  description?: string | undefined;
  input_schema: Record<string, unknown>;
  cache_control?: CacheControl | null | undefined;
}

export type MessageToolResultBlock =
  | {
      type: 'text';
      text: string;
      cache_control?: CacheControl | null | undefined;
    }
  | {
      type: 'image' | 'document';
      source: MessageSource;
      cache_control?: CacheControl | null | undefined;
    };

/** What a request took, and what it cost. */
export interface MessageUsage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
  /** The provider told none: these figures are the gateway’s own. */
  estimated?: true;
}

/** A model with its price. */
export interface Model {
  id: string;
  object: 'model';
  type: 'model';
  created: number;
  created_at: string;
  /** Its maker. */
  owned_by: string;
  /** Its name for people. */
  display_name: string;
  family: ModelFamily;
  pricing: ModelPrice | null;
  /** Whether it can be called now; `unavailable_reason` says why not. */
  available: boolean;
  unavailable_reason?: string;
  /** The endpoints that serve it, as the gateway is configured. */
  endpoints: string[];
  /** The formats of these in new-api’s words, for its clients. None for films, sound, 3D and GPUs. */
  supported_endpoint_types: ('openai' | 'openai-response' | 'anthropic' | 'gemini' | 'image-generation')[];
  /** What it can do beside text, such as `vision` or `tools`. */
  capabilities: string[];
  /** The most tokens that a request and its answer may have. */
  context_length: number | null;
  /** The most tokens that an answer may have. */
  max_output_tokens: number | null;
  /** The tier that an account needs for it. */
  minimum_tier: string;
  /** Other ids that lead to it. */
  aliases: string[];
  name?: string;
  canonical_slug?: string;
  /** This and the following fields are present on text models, for clients of OpenRouter. */
  architecture?: {
    modality: string;
    input_modalities: string[];
    output_modalities: string[];
  };
  top_provider?: {
    context_length: number | null;
    max_completion_tokens: number | null;
    is_moderated: boolean;
  };
  supported_parameters?: string[];
  supported_voices?: null;
  default_parameters?: null;
  per_request_limits?: null;
  links?: {
    details: string;
  };
}

/** The 3D model to make from a prompt, a picture, or pictures from several sides. */
export interface Model3dFields {
  /** `fast` uses the fast provider only, for a surcharge. */
  mode?: 'auto' | 'fast' | null | undefined;
  /** Receives a signed webhook when the job ends. */
  webhook_url?: string | null | undefined;
  /** The thing in words. */
  prompt?: string | null | undefined;
  /** A picture of the thing: an HTTPS URL, a data URL, or an upload in a form. */
  image?: string | Blob | null | undefined;
  /** The same as `image`. */
  image_url?: string | Blob | null | undefined;
  /** It from the front. */
  front_image_url?: string | Blob | null | undefined;
  /** It from behind. */
  back_image_url?: string | Blob | null | undefined;
  /** It from the left. */
  left_image_url?: string | Blob | null | undefined;
  /** It from the right. */
  right_image_url?: string | Blob | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

export type Model3dParams = Model3dFields & ModelOrIntent;

/** A 3D model as a GLB file. */
export interface Model3dResult {
  success: true;
  /** Unix time, in seconds. */
  created: number;
  data: {
    url: string;
  }[];
  outputUrl: string;
  jobId: string;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
  model: string;
}

/** Families of models, by the endpoints that serve them. */
export type ModelFamily = 'chat' | 'messages' | 'responses' | 'gemini' | 'embedding' | 'image' | 'video' | 'audio' | '3d' | 'gpu';

export interface ModelList {
  object: 'list';
  data: Model[];
  has_more: false;
  first_id: string | null;
  last_id: string | null;
  total_count: number;
  links: {
    next: null;
  };
}

/** A model, or an intent, for which the cheapest suitable model is chosen. */
export type ModelOrIntent =
  | {
      /** A model’s id, as `/v1/models` lists them. */
      model: string;
      intent?: never;
    }
  | {
      /** What it is for: the cheapest model that can do it is chosen. */
      intent: string;
      model?: never;
    };

/** By the million tokens, or by the piece. */
export type ModelPrice =
  | {
      per: 'mtok';
      input_usd: number;
      output_usd: number;
      cache_read_usd: number;
      /** 100 credits are 1 USD. */
      input_credits: number;
      /** 100 credits are 1 USD. */
      output_credits: number;
      /** USD a token, as clients of OpenRouter read it; so are the next two. */
      prompt: string;
      completion: string;
      input_cache_read: string;
      /** What all tokens of a call cost whose prompt, cache and all, is longer; the last step that it passes. */
      long_prompts?: {
        above_tokens: number;
        input_usd: number;
        output_usd: number;
        cache_read_usd: number;
        /** 100 credits are 1 USD. */
        input_credits: number;
        /** 100 credits are 1 USD. */
        output_credits: number;
      }[];
    }
  | {
      per: 'image' | 'second' | 'clip' | 'request' | 'gpu_second';
      /** 100 credits are 1 USD. */
      credits: number;
      usd: number;
      /** By the size tier of a picture or the resolution of a film, in place of `credits`. */
      tier_credits?: Record<string, number>;
      /** As how many pictures one counts by its `quality`, where that is billed. */
      prices_by_quality?: Record<string, number>;
    };

/** The same with its fields inside `input`. */
export interface NestedParams {
  /** A model’s id, as `/v1/models` lists them. */
  model?: string | null | undefined;
  /** What it is for: the cheapest model that can do it is chosen. */
  intent?: string | null | undefined;
  /** `fast` uses the fast provider only, for a surcharge. */
  mode?: 'auto' | 'fast' | null | undefined;
  /** Receives a signed webhook when the job ends. */
  webhook_url?: string | null | undefined;
  /** The fields of what is to be made. */
  input: Record<string, unknown>;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

/** An API key with its secret. */
export interface NewApiKey {
  id: string;
  name: string;
  /** `test` runs every call on the sandbox, free of charge. */
  mode: 'live' | 'test';
  /** Whose hourly limits its calls count against. */
  userId: string;
  /** `active`, `disabled` at its limit or by someone, or `revoked` for good. */
  status: string;
  /** Disables the key when its limit is reached, until someone enables it again. */
  autoDisable: boolean;
  /** The only web origins that may use it, such as `https://app.example.com`; any if empty. */
  origins: string[];
  /** The only IP addresses or CIDR ranges that may use it; any if empty. */
  ips: string[];
  /** The only models that it may call; all if empty. */
  models: string[];
  /** The only families of models that it may call; all if empty. */
  families: ('chat' | 'messages' | 'responses' | 'gemini' | 'embedding' | 'image' | 'video' | 'audio' | '3d' | 'gpu')[];
  /** What it may do beside calling models. */
  scopes: ('keys.read' | 'keys.write' | 'usage.read' | 'billing.read' | 'audit.read' | 'members.read' | 'organization.read')[];
  /** Credits that it may spend in a period; `null` for no limit. */
  spendingLimit: number | null;
  /** After how long the limit starts anew, in UTC. */
  limitPeriod: 'day' | 'week' | 'month' | 'total';
  /** Spent since the limit’s current period began. */
  spentOfLimit: number;
  /** 100 credits are 1 USD. */
  spentThisMonth: number;
  createdAt: string;
  /** When it stops being good; never if `null`. */
  expiresAt: string | null;
  /** Until when the secret before the last rotation is good. */
  graceUntil: string | null;
  /** Set on keys that the gateway made for its own pages. */
  purpose: 'playground' | null;
  /** The secret, which is shown in this answer only. */
  key: string;
}

/** The API key that asks. */
export interface OwnKey {
  id: string;
  object: 'key';
  name: string;
  mode: 'live' | 'test';
  tier: string;
  /** The price of models for its wallet, as a factor of their list prices. */
  priceFactor: number;
  /** The only models that it may call; all if empty. */
  models: string[];
  /** The only model families that it may call; all if empty. */
  families: ModelFamily[];
  expiresAt: string | null;
  /** In credits per period. */
  spendingLimit: number | null;
  /** After how long the limit starts anew, in UTC. */
  limitPeriod: 'day' | 'week' | 'month' | 'total';
  /** Spent since the limit’s current period began. */
  spentOfLimit: number;
  /** 100 credits are 1 USD. */
  spentThisMonth: number;
  /** What it may still spend: the lesser of its limit’s rest and the wallet. null if its calls are free. */
  remaining: number | null;
  /** The same in OpenRouter’s form: in USD, with this month’s usage as the total. */
  data: {
    label: string;
    /** In USD. */
    usage: number;
    /** In USD. */
    usage_daily: number;
    /** In USD, since Monday. */
    usage_weekly: number;
    /** In USD. */
    usage_monthly: number;
    limit: number | null;
    limit_remaining: number | null;
    limit_reset: 'daily' | 'weekly' | 'monthly' | null;
    is_free_tier: boolean;
    expires_at: string | null;
    allowed_data_regions: string[];
    /** In USD. */
    byok_usage: number;
    /** In USD. */
    byok_usage_daily: number;
    /** In USD. */
    byok_usage_weekly: number;
    /** In USD. */
    byok_usage_monthly: number;
    include_byok_in_limit: false;
    is_management_key: false;
    is_provisioning_key: false;
    creator_user_id: null;
    organization_id: null;
    workspace_id: null;
    free_model_daily_requests: {
      limit: number;
      used: number;
      remaining: number;
    };
    rate_limit: {
      requests: number;
      interval: string;
      note: string;
    };
  };
}

/** A job under way. */
export interface ProcessingJob {
  id: string;
  object: 'job';
  /** The same as `id`. */
  jobId: string;
  type: JobType;
  model: string;
  /** Held while the job runs, charged when it is completed, and 0 otherwise. 100 credits are 1 USD. */
  creditsUsed: number;
  /** The id with which `/v1/generations/{id}` shows the receipt. */
  requestId: string;
  createdAt: string;
  startedAt: string | null;
  status: 'processing';
  /** How far it is, in finer words than `status`. */
  state: 'queued' | 'submitting' | 'running';
  outputUrl: null;
  /** All files that were made. */
  outputUrls: [];
  cancelRequested?: true;
  endedAt: null;
}

export interface ResponseDeleted {
  id: string;
  deleted: boolean;
}

/** An event of a streamed answer. */
export type ResponseEvent =
  | {
      type:
        | 'response.created'
        | 'response.in_progress'
        | 'response.queued'
        | 'response.completed'
        | 'response.incomplete'
        | 'response.failed';
      sequence_number: number;
      response: ResponseObject;
    }
  | {
      type: 'response.output_item.added' | 'response.output_item.done';
      sequence_number: number;
      output_index: number;
      item: ResponseOutputItem;
    }
  | {
      type: 'response.content_part.added' | 'response.content_part.done';
      sequence_number: number;
      item_id: string;
      output_index: number;
      content_index: number;
      part: ResponseOutputPart;
    }
  | {
      type: 'response.output_text.delta';
      sequence_number: number;
      item_id: string;
      output_index: number;
      content_index: number;
      delta: string;
    }
  | {
      type: 'response.output_text.done';
      sequence_number: number;
      item_id: string;
      output_index: number;
      content_index: number;
      text: string;
    }
  | {
      type: 'response.refusal.delta';
      sequence_number: number;
      item_id: string;
      output_index: number;
      content_index: number;
      delta: string;
    }
  | {
      type: 'response.refusal.done';
      sequence_number: number;
      item_id: string;
      output_index: number;
      content_index: number;
      refusal: string;
    }
  | {
      type: 'response.function_call_arguments.delta';
      sequence_number: number;
      item_id: string;
      output_index: number;
      delta: string;
    }
  | {
      type: 'response.function_call_arguments.done';
      sequence_number: number;
      item_id: string;
      output_index: number;
      arguments: string;
    }
  | {
      type: 'response.custom_tool_call_input.delta';
      sequence_number: number;
      item_id: string;
      output_index: number;
      delta: string;
    }
  | {
      type: 'response.custom_tool_call_input.done';
      sequence_number: number;
      item_id: string;
      output_index: number;
      input: string;
    }
  | {
      type: 'response.reasoning_summary_text.delta';
      sequence_number: number;
      item_id: string;
      output_index: number;
      summary_index: number;
      delta: string;
    }
  | {
      type: 'response.reasoning_summary_text.done';
      sequence_number: number;
      item_id: string;
      output_index: number;
      summary_index: number;
      text: string;
    }
  | {
      type: 'response.reasoning_text.delta';
      sequence_number: number;
      item_id: string;
      output_index: number;
      content_index: number;
      delta: string;
    }
  | {
      type: 'response.reasoning_text.done';
      sequence_number: number;
      item_id: string;
      output_index: number;
      content_index: number;
      text: string;
    }
  | {
      type: 'keepalive';
      sequence_number: number;
    };

/** What is sent: messages, results of tools, and items of earlier answers as they came. */
export type ResponseInputItem =
  | {
      type?: 'message' | undefined;
      role: 'user' | 'system' | 'developer' | 'assistant';
      content: string | ResponseInputPart[];
    }
  | {
      type: 'function_call_output';
      call_id: string;
      output: string | ResponseInputPart[];
    }
  | ResponseOutputItem;

/** A part of a message that is sent. */
export type ResponseInputPart =
  | {
      type: 'input_text';
      text: string;
    }
  | {
      type: 'input_image';
      image_url?: string | null | undefined;
      file_id?: string | null | undefined;
      detail?: 'auto' | 'low' | 'high' | undefined;
    }
  | {
      type: 'input_file';
      file_data?: string | undefined;
      file_id?: string | null | undefined;
      file_url?: string | undefined;
      filename?: string | undefined;
    }
  | {
      type: 'output_text';
      text: string;
    };

export type ResponseItemStatus = 'in_progress' | 'completed' | 'incomplete';

export interface ResponseItems {
  object: 'list';
  data: GetConversationItemAnswer[];
}

/** An answer, by its status. */
export type ResponseObject =
  | {
      id: string;
      object: 'response';
      created_at: number;
      model: string;
      output: ResponseOutputItem[];
      previous_response_id?: string | null;
      conversation?: {
        id: string;
      } | null;
      metadata?: Record<string, string> | null;
      status: 'completed';
      usage: ResponseUsage;
      error?: null;
    }
  | {
      id: string;
      object: 'response';
      created_at: number;
      model: string;
      output: ResponseOutputItem[];
      previous_response_id?: string | null;
      conversation?: {
        id: string;
      } | null;
      metadata?: Record<string, string> | null;
      status: 'incomplete';
      usage: ResponseUsage;
      incomplete_details?: {
        reason: string;
      } | null;
    }
  | {
      id: string;
      object: 'response';
      created_at: number;
      model: string;
      output: ResponseOutputItem[];
      previous_response_id?: string | null;
      conversation?: {
        id: string;
      } | null;
      metadata?: Record<string, string> | null;
      status: 'queued' | 'in_progress';
      usage?: null;
    }
  | {
      id: string;
      object: 'response';
      created_at: number;
      model: string;
      output: ResponseOutputItem[];
      previous_response_id?: string | null;
      conversation?: {
        id: string;
      } | null;
      metadata?: Record<string, string> | null;
      status: 'failed';
      usage?: ResponseUsage | null;
      error: {
        code: string;
        message: string;
      };
    }
  | {
      id: string;
      object: 'response';
      created_at: number;
      model: string;
      output: ResponseOutputItem[];
      previous_response_id?: string | null;
      conversation?: {
        id: string;
      } | null;
      metadata?: Record<string, string> | null;
      status: 'cancelled';
      usage?: ResponseUsage | null;
    };

/** An item of an answer. */
export type ResponseOutputItem =
  | {
      type: 'message';
      id: string;
      role: 'assistant';
      status: ResponseItemStatus;
      content: ResponseOutputPart[];
    }
  | {
      type: 'function_call';
      id?: string | null | undefined;
      call_id: string;
      name: string;
      status?: ResponseItemStatus | null | undefined;
      /** JSON. */
      arguments: string;
    }
  | {
      type: 'custom_tool_call';
      id?: string | null | undefined;
      call_id: string;
      name: string;
      status?: ResponseItemStatus | null | undefined;
      input: string;
    }
  | {
      type: 'reasoning';
      id: string;
      summary: {
        type: 'summary_text';
        text: string;
      }[];
      encrypted_content?: string | null | undefined;
    };

/** A part of a message of the model’s. */
export type ResponseOutputPart =
  | {
      type: 'output_text';
      text: string;
      annotations?: unknown[] | undefined;
    }
  | {
      type: 'refusal';
      refusal: string;
    }
  | {
      type: 'reasoning_text';
      text: string;
    };

export interface ResponseParams {
  /** A model’s id, as `/v1/models` lists them. */
  model: string;
  /** A text, or messages and other items. */
  input?: string | GetConversationItemAnswer[] | null | undefined;
  /** `true` sends the answer as server-sent events while it is made. */
  stream?: boolean | null | undefined;
  /** `true` answers at once with `queued`; the answer is made meanwhile and fetched by its id. */
  background?: boolean | null | undefined;
  /** `false` keeps nothing of the answer; it cannot be fetched or gone on from. */
  store?: boolean | null | undefined;
  /** The most tokens that the answer may have, its reasoning included. */
  max_output_tokens?: number | null | undefined;
  /** A stored answer, which this one goes on from. */
  previous_response_id?: string | null | undefined;
  /** A conversation, which input and answer are added to. */
  conversation?:
    | string
    | {
        id: string;
      }
    | null
    | undefined;
  /** Asked one after the other should the `model`, or the first of them, fail; charged is the one that answers. */
  models?: string[] | null | undefined;
  /** Instructions that stand above the input. */
  instructions?: string | null | undefined;
  /** How freely words are chosen: 0 for the likeliest ones. */
  temperature?: number | null | undefined;
  /** Only the likeliest words that together have this probability are chosen from. */
  top_p?: number | null | undefined;
  /** What the model may call. */
  tools?:
    | (
        | {
            type: 'function';
            name: string;
            description?: string | null | undefined;
            parameters?: Record<string, unknown> | null | undefined;
            strict?: boolean | null | undefined;
          }
        | {
            type: string;
          }
      )[]
    | undefined;
  /** Whether it must call a tool, and which. */
  tool_choice?:
    | 'none'
    | 'auto'
    | 'required'
    | {
        type: string;
        name?: string | undefined;
      }
    | undefined;
  /** Whether the model thinks before it answers, and how much. */
  reasoning?:
    | {
        /** Such as `low`, `medium` or `high`. */
        effort?: string | null | undefined;
        summary?: 'auto' | 'concise' | 'detailed' | null | undefined;
      }
    | null
    | undefined;
  /** The form of the answer’s text, such as a JSON Schema in `format`. */
  text?:
    | {
        format?:
          | {
              type: string;
              name?: string | undefined;
              schema?: Record<string, unknown> | undefined;
              strict?: boolean | null | undefined;
            }
          | undefined;
        verbosity?: string | null | undefined;
      }
    | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

/** What a request took, and what it cost. */
export interface ResponseUsage {
  input_tokens: number;
  input_tokens_details?: {
    cached_tokens?: number | null;
  } | null;
  output_tokens: number;
  output_tokens_details?: {
    reasoning_tokens?: number | null;
  } | null;
  total_tokens: number;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
  /** The provider told none: these figures are the gateway’s own. */
  estimated?: true;
}

/** The text to speak. */
export interface SpeechParams {
  /** `fast` uses the fast provider only, for a surcharge. */
  mode?: 'auto' | 'fast' | null | undefined;
  /** Receives a signed webhook when the job ends. */
  webhook_url?: string | null | undefined;
  /** With emotions where the voice has them: `(happy) Hello!` Each 1,333 bytes of UTF-8, or what is left of them, are a request. */
  text: string;
  /** A voice’s id; the model’s own voice if left out. */
  voice_id?: string | null | undefined;
  /** Of the file that is made. */
  format?: AudioFormat | null | undefined;
  /** From 0.25 to 4. */
  speed?: number | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

export interface StorageDeleted {
  id: string;
  object: 'storage_object';
  deleted: true;
}

/** A stored file. */
export interface StorageObject {
  id: string;
  object: 'storage_object';
  kind: string;
  filename: string;
  contentType: string;
  /** In bytes. */
  size: number;
  /** Anybody who has the URL may read the file. */
  url: string;
  createdAt: string;
}

export interface StoragePage {
  object: 'list';
  data: StorageObject[];
  next: string | null;
}

/** An answer that was stored or is made in the background, by its status. */
export type StoredResponse =
  | {
      id: string;
      object: 'response';
      created_at: number;
      model: string;
      output: ResponseOutputItem[];
      previous_response_id?: string | null;
      conversation?: {
        id: string;
      } | null;
      metadata?: Record<string, string> | null;
      status: 'completed';
      usage: StoredResponseUsage;
      error?: null;
    }
  | {
      id: string;
      object: 'response';
      created_at: number;
      model: string;
      output: ResponseOutputItem[];
      previous_response_id?: string | null;
      conversation?: {
        id: string;
      } | null;
      metadata?: Record<string, string> | null;
      status: 'incomplete';
      usage: StoredResponseUsage;
      incomplete_details?: {
        reason: string;
      } | null;
    }
  | {
      id: string;
      object: 'response';
      created_at: number;
      model: string;
      output: ResponseOutputItem[];
      previous_response_id?: string | null;
      conversation?: {
        id: string;
      } | null;
      metadata?: Record<string, string> | null;
      status: 'queued' | 'in_progress';
      usage?: null;
    }
  | {
      id: string;
      object: 'response';
      created_at: number;
      model: string;
      output: ResponseOutputItem[];
      previous_response_id?: string | null;
      conversation?: {
        id: string;
      } | null;
      metadata?: Record<string, string> | null;
      status: 'failed';
      usage?: StoredResponseUsage | null;
      error: {
        code: string;
        message: string;
      };
    }
  | {
      id: string;
      object: 'response';
      created_at: number;
      model: string;
      output: ResponseOutputItem[];
      previous_response_id?: string | null;
      conversation?: {
        id: string;
      } | null;
      metadata?: Record<string, string> | null;
      status: 'cancelled';
      usage?: StoredResponseUsage | null;
    };

/** With what it cost, once that is charged. */
export interface StoredResponseUsage {
  input_tokens: number;
  input_tokens_details?: {
    cached_tokens?: number | null;
  } | null;
  output_tokens: number;
  output_tokens_details?: {
    reasoning_tokens?: number | null;
  } | null;
  total_tokens: number;
  /** 100 credits are 1 USD. */
  creditsUsed?: number;
  /** The provider told none: these figures are the gateway’s own. */
  estimated?: true;
}

/** A finished GPU run. */
export interface SucceededGpuJob {
  id: string;
  job_id: string;
  provider_job_id: string | null;
  status: 'succeeded';
  /** The URLs of its files. */
  outputs: string[];
  /** What the worker returned, with URLs in place of files as base64; null once it is no longer kept. */
  output: unknown;
  /** When its files were removed; they are kept for a limited time. */
  filesRemovedAt?: string;
  /** The URL of a GPU run’s `output` as JSON, if that is too large to be shown here. */
  outputJsonUrl?: string;
  /** 100 credits are 1 USD. */
  costCredits: number;
  /** 100 credits are 1 USD. */
  creditsCharged: number;
  /** The GPU time if the provider reports it, else the time from start to end. */
  durationMs: number | null;
  executionMs: number | null;
}

/** A part of a transcript, in seconds. */
export interface TranscriptSegment {
  text: string;
  start: number;
  end: number;
}

/** The recording to transcribe. */
export interface TranscriptionParams {
  /** `fast` uses the fast provider only, for a surcharge. */
  mode?: 'auto' | 'fast' | null | undefined;
  /** Receives a signed webhook when the job ends. */
  webhook_url?: string | null | undefined;
  /** A URL, a data URL, or an upload in a form. Every 100 seconds begun count as a request. */
  audio: string | Blob;
  /** Of the recording, such as `en`; found out if left out. */
  language?: string | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

/** The transcript. */
export interface TranscriptionResult {
  success: true;
  text: string;
  /** In seconds. */
  duration?: number;
  segments: TranscriptSegment[];
  jobId: string;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
  model: string;
}

/** Sums of calls, dearest first. */
export interface UsageBreakdown {
  by: 'model' | 'endpoint' | 'keyId' | 'member' | 'provider' | 'endUser' | 'tag';
  shares: {
    /** `null` for calls that have none. */
    value: string | null;
    /** A key’s name, or a member’s e-mail address. */
    name: string | null;
    inputTokens: number;
    outputTokens: number;
    calls: number;
    /** 100 credits are 1 USD. */
    creditsUsed: number;
    usd: number;
  }[];
  /** Whether these are all of them. */
  isWhole: boolean;
}

/** A call. */
export interface UsageLog {
  /** The request’s id. */
  id: string;
  kind: string;
  model: string | null;
  /** The path that was called. */
  endpoint: string | null;
  /** The API key that called. */
  keyId: string | null;
  userId: string | null;
  status: 'succeeded' | 'failed' | 'cancelled' | 'partial' | 'expired';
  latencyMs: number | null;
  provider: string | null;
  /** Whom the call was for. */
  endUser: string | null;
  /** What the call was for. */
  tags: string[];
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  createdAt: string;
  /** Whether it was a free call to the sandbox. */
  test: boolean;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
}

/** Sums of calls that were refused before anything was tried, the most frequent first. They cost nothing. */
export interface UsageRefusals {
  /** All that fit. */
  refusedCalls: number;
  refusals: {
    /** The kind of the error. */
    reason: string;
    /** The status that such an error usually has. */
    status: number | null;
    /** As it was asked for; `null` where that could not be read. */
    model: string | null;
    endpoint: string;
    keyId: string | null;
    keyName: string | null;
    calls: number;
    lastAt: string;
  }[];
  /** Whether these are all of them. */
  isWhole: boolean;
}

/** A page of calls, newest first, and the sums of all that fit. */
export interface UsageReport {
  logs: UsageLog[];
  /** What `cursor` of the next page is; null on the last one. */
  nextCursor: string | null;
  costByModel: {
    model: string | null;
    calls: number;
    /** 100 credits are 1 USD. */
    creditsUsed: number;
    usd: number;
  }[];
  topExpensiveRequests: UsageLog[];
  dailyCost: {
    date: string;
    calls: number;
    /** 100 credits are 1 USD. */
    creditsUsed: number;
    usd: number;
  }[];
  /** All that failed. Such calls are free. */
  failedCalls: number;
  /** What failed most often, by model and reason. */
  failures: {
    model: string | null;
    /** The kind of the error. */
    reason: string;
    calls: number;
    /** What was said the last time. */
    message: string | null;
    /** The call that failed last. */
    requestId: string;
    lastAt: string;
  }[];
  /** Calls that ended until then have left the database and are in no figure here; the CSV has them, and each has its receipt. */
  archivedUntil: string | null;
}

/** The film to make. */
export interface VideoFields {
  /** `fast` uses the fast provider only, for a surcharge. */
  mode?: 'auto' | 'fast' | null | undefined;
  /** Receives a signed webhook when the job ends. */
  webhook_url?: string | null | undefined;
  /** What is to be seen; with a first frame it may be left out. */
  prompt?: string | null | undefined;
  /** Seconds, from 1 to 60; 5, or the longest where a clip has one price, if not said. Of the lengths that the model has it is the longest that is not longer, or the shortest. */
  duration?: number | null | undefined;
  /** For example `16:9`. */
  aspect_ratio?: string | null | undefined;
  /** For example `1080p`, for models with resolutions. */
  resolution?: string | null | undefined;
  /** For example `720x1280`, which sets ratio and resolution. */
  size?: string | null | undefined;
  /** The first frame. */
  image_url?: string | Blob | null | undefined;
  /** The first frame. */
  image?: string | Blob | null | undefined;
  /** The last frame. */
  last_image_url?: string | Blob | null | undefined;
  /** Reference pictures. */
  reference_images?: string | Blob | (string | Blob)[] | null | undefined;
  /** What is not to be seen. */
  negative_prompt?: string | null | undefined;
  /** The same one makes the same again, as far as the model can. */
  seed?: number | null | undefined;
  /** Fields that are not listed pass through as they are. */
  [field: string]: unknown;
}

export type VideoParams = VideoFields & ModelOrIntent;

/** A film. */
export interface VideoResult {
  /** Unix time, in seconds. */
  created: number;
  data: {
    url: string;
  }[];
  url: string;
  outputUrl: string;
  /** In seconds. */
  duration?: number;
  jobId: string;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
  model: string;
}

/** A job that was started. */
export interface VideoStarted {
  jobId: string;
  status: 'processing';
  message: string;
  model: string;
  /** 100 credits are 1 USD. */
  creditsUsed: number;
  pollUrl: string;
}

/** A message and its tries. */
export interface WebhookDelivery {
  id: string;
  object: 'webhook_delivery';
  /** The `webhook-id` header, which all tries share. */
  webhookId: string;
  jobId: string;
  url: string;
  /** `gone`: the receiver wants no more. `dead`: no try was accepted. */
  state: 'pending' | 'delivered' | 'gone' | 'dead';
  tries: number;
  attempts: {
    at: string;
    status: number | null;
    durationMs: number;
    error?: string;
  }[];
  createdAt: string;
  nextAt: string | null;
  endedAt: string | null;
}

export interface WebhookDeliveryList {
  object: 'list';
  data: WebhookDelivery[];
  next: string | null;
}

/** The payload of a webhook; `status` decides which of these it is. */
export type WebhookEvent =
  | {
      jobId: string;
      type: JobType;
      model: string;
      /** 100 credits are 1 USD. */
      creditsUsed: number;
      status: 'completed';
      outputUrl: string | null;
      /** All files, if there are several. */
      outputUrls?: string[];
      text?: string;
      output?: unknown;
      /** The URL of a GPU run’s `output` as JSON, if that is too large to be shown here. */
      outputJsonUrl?: string;
    }
  | {
      jobId: string;
      type: JobType;
      model: string;
      /** 100 credits are 1 USD. */
      creditsUsed: number;
      status: 'failed' | 'canceled';
      /** `expired` means that it was not done in time; its `status` is `failed`. */
      state: 'failed' | 'canceled' | 'expired';
      outputUrl: null;
      error: string;
    };

export interface WebhookSecret {
  object: 'webhook_secret';
  /** The secret for signatures by the Standard Webhooks scheme. */
  secret: string;
  rotatedAt: string;
}

export interface JobListParams {
  /** How many at most. */
  limit?: number | undefined;
  /** The `next` of the page before. */
  before?: string | undefined;
  /** In this state alone. */
  state?: 'queued' | 'submitting' | 'running' | 'succeeded' | 'failed' | 'canceled' | 'expired' | undefined;
  /** With this `status` alone. */
  status?: 'processing' | 'completed' | 'failed' | 'canceled' | 'expired' | undefined;
  /** Of this family of models alone. */
  type?: 'image' | 'video' | 'audio' | '3d' | 'gpu' | undefined;
}

export interface StorageListParams {
  /** How many at most. */
  limit?: number | undefined;
  /** Of this kind alone. */
  kind?: string | undefined;
  /** The `next` of the page before. */
  before?: string | undefined;
}

export interface WebhookDeliveryListParams {
  /** How many at most. */
  limit?: number | undefined;
  /** Of this job alone. */
  jobId?: string | undefined;
  /** In this state alone. */
  state?: 'pending' | 'delivered' | 'gone' | 'dead' | undefined;
  /** The `next` of the page before. */
  before?: string | undefined;
}

export interface UsageParams {
  /** UTC days, today included. */
  days?: number | undefined;
  /** Of this model alone. */
  model?: string | undefined;
  /** Of this endpoint alone. */
  endpoint?: string | undefined;
  /** Of this API key alone. */
  keyId?: string | undefined;
  /** Of this member alone. */
  member?: string | undefined;
  /** With this end alone. */
  status?: 'succeeded' | 'failed' | 'cancelled' | 'partial' | 'expired' | undefined;
  /** That took so long at least. */
  minLatencyMs?: number | undefined;
  /** That took so long at most. */
  maxLatencyMs?: number | undefined;
  /** That cost so much at least. */
  minCredits?: number | undefined;
  /** That cost so much at most. */
  maxCredits?: number | undefined;
  /** Of this end user alone: `user`, `safety_identifier`, `metadata.user_id`, or the header `x-end-user`. */
  endUser?: string | undefined;
  /** With this tag alone: one of the header `x-tags`, or of `metadata.tags`. */
  tag?: string | undefined;
  /** Part of a request’s id. */
  q?: string | undefined;
  /** How many at most. */
  limit?: number | undefined;
  /** The `nextCursor` of the page before. */
  cursor?: string | undefined;
  /** The organization whose it is, by id or slug; your own wallet without. */
  org?: string | undefined;
}

export interface UsageRefusalsParams {
  /** UTC days, today included. */
  days?: number | undefined;
  /** Of this model alone, as it was asked for. */
  model?: string | undefined;
  /** Of this endpoint alone. */
  endpoint?: string | undefined;
  /** Of this API key alone. */
  keyId?: string | undefined;
  /** For this reason alone. */
  reason?: string | undefined;
  /** How many at most. */
  limit?: number | undefined;
  /** The organization whose it is, by id or slug; your own wallet without. */
  org?: string | undefined;
}
