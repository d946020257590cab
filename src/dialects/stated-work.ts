import { isRecord, listOf, textOrEmpty } from '../core/record';
import type { Usage } from '../core/usage';
import { toolsOf } from './unpriced';

type Fields = Readonly<Record<string, unknown>>;

/** More tool runs than any answer has: a larger bound means "no bound", and no account could cover a hold for it. */
const MOST_RUNS = 1_000;

const bound = (value: unknown): number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? Math.min(value, MOST_RUNS) : 0;

/** Tools that run at the provider, dearest first: https://platform.openai.com/docs/pricing#built-in-tools */
const RESPONSES_TOOLS: readonly (readonly [RegExp, keyof Usage])[] = [
  [/^code_interpreter$/, 'containers'],
  [/^web_search/, 'webSearches'],
  [/^file_search$/, 'fileSearches'],
];

/** `max_tool_calls` bounds all tools together, so all count as the dearest. */
export function statedInResponses(fields: Fields): Partial<Usage> {
  const types = toolsOf(fields).map(([, { type }]) => textOrEmpty(type));
  const [, bucket] = RESPONSES_TOOLS.find(([pattern]) => types.some((type) => pattern.test(type))) ?? [];
  const most = bound(fields.max_tool_calls);
  return bucket && most > 0 ? { [bucket]: most } : {};
}

/** `max_uses` bounds each tool separately: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool */
export function statedInMessages({ tools }: Fields): Partial<Usage> {
  const searches = listOf(tools).filter((tool) => isRecord(tool) && typeof tool.type === 'string' && tool.type.startsWith('web_search'));
  const webSearches = searches.reduce<number>((sum, tool) => sum + bound(isRecord(tool) ? tool.max_uses : 0), 0);
  return webSearches > 0 ? { webSearches } : {};
}
