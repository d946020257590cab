import { type Fields, isRecord, parseRecord } from '../../../core/record';
import { CHATS_OWN, type GeminiRequest, ownTools } from '../request';
import { formNotes } from './answer-form';
import { Conversation } from './messages';
import { declaredNames, FunctionNames } from './names';
import { optionFields } from './options';
import { applyRepairs, type Repair } from './repair';
import { toolFields } from './tools';

/** Request members that are converted, or that mean nothing to other upstreams. */
const KNOWN: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'contents',
  'systemInstruction',
  'system_instruction',
  'tools',
  'toolConfig',
  'tool_config',
  'generationConfig',
  'generation_config',
  // Known to Google only; other upstreams refuse unknown fields.
  'safetySettings',
  'safety_settings',
  'labels',
  'serviceTier',
  'service_tier',
  'store',
  ...Object.keys(CHATS_OWN),
]);

const ANSWER_IN_JSON = 'Answer in JSON.';

const withoutTools = (names: readonly string[]): string =>
  `These tools are not available in this call: ${names.join(', ')}. Where the answer depends on one of them, say so instead of guessing.`;

/** The call as a chat request. */
export const chatBody = (request: GeminiRequest, model: string, repairs: readonly Repair[]): string =>
  JSON.stringify(chatFields(request, model, repairs));

export function chatFields({ body, stream }: GeminiRequest, model: string, repairs: readonly Repair[]): Fields {
  const json = parseRecord(body);
  const options = optionFields(json);
  const names = new FunctionNames(declaredNames(json));
  const missing = ownTools(json);
  const notes = missing.length > 0 ? [withoutTools(missing)] : [];
  const others = Object.fromEntries(Object.entries(json).filter(([name]) => !KNOWN.has(name)));
  const compose = (said: readonly string[]): Fields => ({
    model,
    messages: new Conversation(json, said, names).messages,
    ...toolFields(json, names),
    ...options,
    ...others,
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  });
  const plain = applyRepairs(compose(notes), repairs);
  const { response_format: format } = plain;
  const form = formNotes(json, format);
  if (form.length > 0) return applyRepairs(compose([...notes, ...form]), repairs);
  // OpenAI refuses JSON mode unless the messages mention JSON.
  const unspoken = isRecord(format) && format.type === 'json_object' && !/json/i.test(JSON.stringify(plain.messages));
  return unspoken ? applyRepairs(compose([...notes, ANSWER_IN_JSON]), repairs) : plain;
}
