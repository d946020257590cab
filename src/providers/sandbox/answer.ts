import { sampleJson } from './json-schema';
import { MAX_ANSWER_TOKENS, type Magic } from './magic';
import type { LanguageRequest, Tool } from './request';
import { splitTokens } from './tokens';

const MAX_QUOTE_LENGTH = 300;
const FILLER = ' The sandbox goes on until it has said as many tokens as it was asked for.';
/** A custom tool takes any text; a grammar that it may have is not worked out. */
const CUSTOM_INPUT = 'sandbox';
const REASONING = 'The sandbox does not think. These words only show where the reasoning of a model would be.';
const REFUSAL = "I'm sorry, but the sandbox was asked to refuse (sandbox:refusal).";

/** A token of an answer, and what it is a part of. A `call` opens a tool call and counts as one token. */
export type Part =
  | { kind: 'reasoning' | 'content' | 'refusal'; text: string }
  | { kind: 'call'; call: number; id: string; tool: Tool }
  | { kind: 'arguments'; call: number; text: string };

export interface Choice {
  index: number;
  parts: Part[];
  finishReason: 'stop' | 'length' | 'tool_calls' | 'refusal';
}

/** What the choices of a request have in common, made once: schemas may be large and choices many. */
interface Material {
  request: LanguageRequest;
  magic: Magic;
  callParts: Part[];
  jsonTokens: string[] | undefined;
  /** How many tokens of a choice are made at all: one more than it may keep, to tell that it was cut. */
  limit: number;
}

/** The answers to a request, cut where its token limit says. `hash` makes the ids of tool calls. */
export function answerChoices(request: LanguageRequest, magic: Magic, hash: string): Choice[] {
  const limit = Math.min(request.maxTokens, Math.floor(MAX_ANSWER_TOKENS / request.choices)) + 1;
  const calls = magic.refusal ? 0 : countCalls(request, magic);
  const { json } = request;
  const material: Material = {
    request,
    magic,
    callParts: calls === 0 ? [] : makeCalls(request.tools, calls, hash.slice(0, 16), limit),
    jsonTokens: calls === 0 && typeof json === 'object' ? splitTokens(JSON.stringify(sampleJson(json.schema)), limit) : undefined,
    limit,
  };
  return Array.from({ length: request.choices }, (_, index) => answerChoice(material, index));
}

function answerChoice(material: Material, index: number): Choice {
  const { request, magic, limit } = material;
  const reasoning = magic.reasoning || request.reasons ? textParts('reasoning', splitTokens(REASONING, limit)) : [];
  const parts = [...reasoning, ...answerParts(material, index)];
  const wanted = magic.length && magic.tokens === undefined ? Math.ceil(parts.length / 2) : parts.length;
  const kept = parts.slice(0, Math.min(wanted, limit - 1));
  const complete = kept.length === parts.length && !magic.length;
  const called = kept.some((part) => part.kind === 'call');
  const ended = magic.refusal ? 'refusal' : called ? 'tool_calls' : 'stop';
  return { index, parts: kept, finishReason: complete ? ended : 'length' };
}

function answerParts({ request, magic, callParts, jsonTokens, limit }: Material, index: number): Part[] {
  if (magic.refusal) return textParts('refusal', splitTokens(REFUSAL, limit));
  if (callParts.length > 0) return callParts.map((part) => (part.kind === 'call' ? { ...part, id: `${part.id}_${index}` } : part));
  if (jsonTokens) return textParts('content', jsonTokens);
  const text = answerText(request, magic, index);
  if (request.json === 'no') return textParts('content', answerTokens(text, magic.tokens, limit));
  return textParts('content', splitTokens(JSON.stringify({ sandbox: true, message: text }), limit));
}

const textParts = (kind: 'reasoning' | 'content' | 'refusal', tokens: string[]): Part[] => tokens.map((text) => ({ kind, text }));

/** None once a tool has answered, or a conversation whose tools are always required would never end. */
export function countCalls(request: LanguageRequest, magic: Magic): number {
  if (request.tools.length === 0 || request.toolResult !== undefined) return 0;
  const asked = magic.toolCalls ?? (request.mustCallTool ? 1 : 0);
  return request.parallelToolCalls ? asked : Math.min(asked, 1);
}

/** The tools in turn, until there are as many calls as asked. */
function makeCalls(tools: Tool[], calls: number, idPrefix: string, limit: number): Part[] {
  const samples = tools.slice(0, calls).map((tool) => ({ tool, tokens: splitTokens(sampleInput(tool), limit) }));
  const parts: Part[] = [];
  for (let call = 0; call < calls && parts.length < limit; call += 1) {
    const sample = samples[call % samples.length];
    if (!sample) break;
    parts.push({ kind: 'call', call, id: `${idPrefix}_${call}`, tool: sample.tool });
    for (const text of sample.tokens) parts.push({ kind: 'arguments', call, text });
  }
  return parts;
}

export const sampleInput = ({ custom, parameters }: Tool): string =>
  custom ? CUSTOM_INPUT : JSON.stringify(sampleJson({ ...parameters, type: 'object' }));

function answerTokens(text: string, length: number | undefined, limit: number): string[] {
  const tokens = splitTokens(text, limit);
  if (length === undefined) return tokens;
  const filler = splitTokens(FILLER, limit);
  const wanted = Math.min(length, limit);
  for (let index = 0; tokens.length < wanted; index += 1) tokens.push(filler[index % filler.length] ?? ' ');
  return tokens.slice(0, wanted);
}

function answerText(request: LanguageRequest, magic: Magic, index: number): string {
  const { userText, toolResult, images, choices, tools } = request;
  const sentences = [`This is the sandbox, answering for ${quote(request.model)}: no provider was called.`];
  if (toolResult !== undefined) sentences.push(`The tool answered: "${quote(toolResult)}".`);
  else sentences.push(userText.trim() === '' ? 'You said nothing.' : `You said: "${quote(userText)}".`);
  if (images > 0) sentences.push(`You sent ${images} ${images === 1 ? 'image' : 'images'}.`);
  if (magic.toolCalls && tools.length === 0) sentences.push('There was no tool to call.');
  if (magic.ignored.length > 0) sentences.push(`These magic words mean nothing here: ${magic.ignored.join(', ')}.`);
  if (choices > 1) sentences.push(`This is choice ${index + 1} of ${choices}.`);
  return sentences.join(' ');
}

/** On one line, and no longer than is useful; cut between characters, never within one. */
export function quote(text: string): string {
  const start = text
    .slice(0, MAX_QUOTE_LENGTH * 4)
    .trim()
    .replace(/\s+/g, ' ');
  const characters = Array.from(start);
  return characters.length > MAX_QUOTE_LENGTH ? `${characters.slice(0, MAX_QUOTE_LENGTH).join('')}…` : start;
}
