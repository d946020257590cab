import { type Fields, isRecord, recordOf } from '../../core/record';
import type { Usage, Work } from '../../core/usage';
import { readTokenCounts } from './token-counts';

export const WORK_HINT = /"type"\s*:\s*"(?:web_search|file_search|code_interpreter|image_generation|shell)_call"|"image_gen"/;

/** The output tokens of a square of 1,024 pixels: https://platform.openai.com/docs/guides/image-generation#cost-and-latency */
const TOKENS_BY_QUALITY: Readonly<Record<string, number>> = { low: 272, medium: 1_056, high: 4_160 };
const SQUARE_PIXELS = 1_024 * 1_024;
/** Used where the size is unknown: the largest of the usual ones. */
const USUAL_PIXELS = 1_536 * 1_024;
const IMAGE = 'image:';

function imageTokens({ quality, size }: Fields): number {
  const [, width, height] = /^(\d{2,5})x(\d{2,5})$/.exec(String(size)) ?? [];
  const pixels = width === undefined ? USUAL_PIXELS : Number(width) * Number(height);
  return Math.ceil(((TOKENS_BY_QUALITY[String(quality)] ?? TOKENS_BY_QUALITY.high!) * pixels) / SQUARE_PIXELS);
}

/** A container is billed once, however often it is used: https://platform.openai.com/docs/pricing#built-in-tools */
const containerWork = (id: unknown): [string, Partial<Usage>][] => (typeof id === 'string' ? [[`container:${id}`, { containers: 1 }]] : []);

/** What an output item is billed as; opening a page that a search found is free. */
function workOf(item: Fields, key: string): [string, Partial<Usage>][] {
  const { type, status, action, environment } = item;
  if (status === 'failed') return [];
  switch (type) {
    case 'web_search_call':
      return isRecord(action) && action.type !== undefined && action.type !== 'search' ? [] : [[key, { webSearches: 1 }]];
    case 'file_search_call':
      return [[key, { fileSearches: 1 }]];
    case 'code_interpreter_call':
      return containerWork(item.container_id ?? key);
    case 'shell_call':
      return containerWork(isRecord(environment) ? environment.container_id : undefined);
    case 'image_generation_call':
      return [[IMAGE + key, { imageOutputTokens: imageTokens(item) }]];
    default:
      return [];
  }
}

function itemsIn(json: Fields, response: Fields): [item: unknown, index: unknown][] {
  if (json.type === 'response.output_item.done') return [[json.item, json.output_index]];
  return Array.isArray(response.output) ? response.output.map((item: unknown, index): [unknown, unknown] => [item, index]) : [];
}

/** A larger count is an upstream's mistake and must not be charged. */
const MOST_SEARCHES = 1_000;

/** The provider's own count of searches replaces those that were seen; a zero may only mean that it kept no count. */
function noteSearches(searched: unknown, work: Work): void {
  const webSearches = isRecord(searched) ? readTokenCounts({ count: searched.num_requests })?.count : undefined;
  if (!webSearches || webSearches > MOST_SEARCHES) return;
  for (const [name, usage] of work) if (usage.webSearches) work.delete(name);
  work.set('searches', { webSearches });
}

/** Notes the tools that ran for a response, by its items. The provider's own counts override what the items look like. */
export function noteWork(json: Fields, work: Work): void {
  const response = isRecord(json.response) ? json.response : json;
  for (const [item, index] of itemsIn(json, response)) {
    if (!isRecord(item)) continue;
    const key = typeof item.id === 'string' ? item.id : `#${String(index)}`;
    for (const [name, usage] of workOf(item, key)) work.set(name, usage);
  }
  const { image_gen: drawn, web_search: searched } = recordOf(response.tool_usage);
  noteSearches(searched, work);
  const counts = isRecord(drawn) ? readTokenCounts({ input: drawn.input_tokens, output: drawn.output_tokens }) : undefined;
  if (!counts?.output) return;
  for (const name of work.keys()) if (name.startsWith(IMAGE)) work.delete(name);
  work.set(IMAGE, { imageInputTokens: counts.input ?? 0, imageOutputTokens: counts.output });
}
