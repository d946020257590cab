import { type Fields, textOrEmpty } from '../../../core/record';
import { field, recordField, textField } from '../fields';
import { responseFormat } from './answer-form';

/** Options with the same meaning in both formats. `topK` has no counterpart. */
const SAME_MEANING: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  topP: 'top_p',
  // Not `max_completion_tokens`: upstreams that do not know it would leave the answer unbounded. See `repair.ts`.
  maxOutputTokens: 'max_tokens',
  candidateCount: 'n',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  responseLogprobs: 'logprobs',
  logprobs: 'top_logprobs',
};

/** Chat names of options that need a conversion. */
const CONVERTED: Readonly<Record<string, string>> = {
  stop: 'stopSequences',
  response_format: 'responseSchema',
  modalities: 'responseModalities',
};

/** Google's own mapping of efforts to budgets (https://ai.google.dev/gemini-api/docs/openai#thinking). */
const LOW_BUDGET = 1_024;
const MEDIUM_BUDGET = 8_192;

/** Undefined where the model should decide. */
function effortOf(thinking: Fields): string | undefined {
  const level = textField(thinking, 'thinkingLevel');
  if (level !== undefined) return level === 'THINKING_LEVEL_UNSPECIFIED' ? undefined : level.toLowerCase();
  const budget = field(thinking, 'thinkingBudget');
  if (typeof budget !== 'number' || budget < 0) return undefined;
  if (budget === 0) return 'none';
  return budget <= LOW_BUDGET ? 'low' : budget <= MEDIUM_BUDGET ? 'medium' : 'high';
}

/** The Gemini field that a field of the chat request came from, for error messages. */
export function askedIn(chatField: string): string {
  if (chatField.startsWith('messages')) return 'contents';
  const same = Object.entries(SAME_MEANING).find(([, chatName]) => chatName === chatField)?.[0];
  const name = same ?? CONVERTED[chatField];
  return name === undefined ? chatField : `generationConfig.${name}`;
}

/** Protobuf's JSON allows numbers as strings. */
const numberOf = (value: unknown): unknown => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value);

/** `generationConfig` as a chat request's options. */
export function optionFields(json: Fields): Fields {
  const config = recordField(json, 'generationConfig') ?? {};
  const options: Fields = {};
  for (const [name, chatName] of Object.entries(SAME_MEANING)) {
    const value = field(config, name);
    if (value !== undefined) options[chatName] = numberOf(value);
  }
  // OpenAI refuses `top_logprobs` without `logprobs`.
  if (options.logprobs !== true) delete options.top_logprobs;
  const stop = field(config, 'stopSequences');
  if (Array.isArray(stop) && stop.length > 0) options.stop = stop;
  const effort = effortOf(recordField(config, 'thinkingConfig') ?? {});
  if (effort !== undefined) options.reasoning_effort = effort;
  const format = responseFormat(config);
  if (format) options.response_format = format;
  const modalities = field(config, 'responseModalities');
  if (Array.isArray(modalities) && modalities.includes('IMAGE'))
    options.modalities = modalities.map((name) => textOrEmpty(name).toLowerCase());
  const image = imageConfig(recordField(config, 'imageConfig') ?? {});
  if (image) options.image_config = image;
  return options;
}

/** https://openrouter.ai/docs/guides/overview/multimodal/image-generation; only sent to upstreams that know it. */
function imageConfig(config: Fields): Fields | undefined {
  const ratio = textField(config, 'aspectRatio');
  const size = textField(config, 'imageSize');
  if (ratio === undefined && size === undefined) return undefined;
  return { ...(ratio !== undefined && { aspect_ratio: ratio }), ...(size !== undefined && { image_size: size }) };
}
