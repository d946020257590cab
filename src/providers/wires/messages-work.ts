import { type Fields, isRecord } from '../../core/record';
import type { Work } from '../../core/usage';

export const WORK_HINT = /"(?:server_tool_use|web_search_tool_result)"/;

/** Code that runs for a search is free: https://platform.claude.com/docs/en/about-claude/pricing#tool-use-pricing */
const SEARCHED = 'searched';
const CONTAINER = 'container';
const COUNTED = 'counted';
const SEARCH = 'search:';
/** A larger count is an upstream's mistake and must not be charged. */
const MOST_SEARCHES = 1_000;

function noteBlock({ type, name, id, tool_use_id: of, content }: Fields, work: Work): void {
  if (type === 'web_search_tool_result' && isRecord(content)) work.delete(`${SEARCH}${String(of)}`);
  if (type !== 'server_tool_use') return;
  if (name === 'web_search') work.set(`${SEARCH}${String(id ?? work.size)}`, { webSearches: 1 });
  if (name === 'web_search' || name === 'web_fetch') work.set(SEARCHED, {});
  if (typeof name === 'string' && name.endsWith('code_execution')) work.set(CONTAINER, { containers: 1 });
  if (work.has(SEARCHED)) work.delete(CONTAINER);
}

/** The provider's own count of searches replaces those that were seen. */
function noteCount({ server_tool_use: tools }: Fields, work: Work): void {
  const count = isRecord(tools) ? tools.web_search_requests : undefined;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > MOST_SEARCHES) return;
  for (const name of work.keys()) if (name.startsWith(SEARCH)) work.delete(name);
  work.set(COUNTED, { webSearches: count });
}

/** Notes the tools that ran for a message, by its blocks and usage; a failed search is not billed. */
export function noteWork(json: Fields, work: Work): void {
  const blocks: unknown[] = Array.isArray(json.content) ? json.content : [json.content_block];
  for (const block of blocks.filter(isRecord)) noteBlock(block, work);
  const { usage } = isRecord(json.message) ? json.message : json;
  if (isRecord(usage)) noteCount(usage, work);
}
