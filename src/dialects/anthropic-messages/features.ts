import { textOrEmpty } from '../../core/record';

/**
 * What the models on offer lack of newer ones. Claude Code and the SDKs build a request by the model's name, so when an
 * older model answers for a newer name, the request must lose what that model would refuse.
 */
export interface ModelLine {
  id: string;
  version: Version;
  maxOutputTokens: number;
  /** https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking */
  adaptiveThinking: boolean;
  /** The values of `thinking.display`: https://platform.claude.com/docs/en/build-with-claude/thinking */
  displays: readonly string[];
  /** The values of `output_config.effort`, lowest first: https://platform.claude.com/docs/en/build-with-claude/effort */
  efforts: readonly string[];
  /** https://platform.claude.com/docs/en/build-with-claude/context-editing and .../compaction-threshold */
  contextEdits: readonly string[];
  /** Tools that are declared now and loaded later: https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-search-tool */
  toolSearch: boolean;
  /** Anthropic's own tools carry a date in their type; this is the latest that the model knows. */
  newestTool: number;
  /** May a request end with the beginning of the answer? https://platform.claude.com/docs/en/about-claude/models/migration-guide */
  prefill: boolean;
  /** Betas that it refuses although they are not newer than it. */
  refusedBetas: readonly string[];
}

type Version = readonly [major: number, minor: number];

const AS_4_6 = {
  version: [4, 6],
  maxOutputTokens: 128_000,
  adaptiveThinking: true,
  displays: ['summarized', 'omitted'],
  efforts: ['low', 'medium', 'high', 'max'],
  contextEdits: ['clear_tool_uses_20250919', 'clear_thinking_20251015', 'compact_20260112'],
  toolSearch: true,
  newestTool: 2026_02_28,
  prefill: false,
  refusedBetas: [],
} as const satisfies Omit<ModelLine, 'id'>;

const LINES: readonly ModelLine[] = [
  { id: 'claude-opus-4-6', ...AS_4_6 },
  { id: 'claude-sonnet-4-6', ...AS_4_6 },
  {
    id: 'claude-haiku-4-5',
    version: [4, 5],
    maxOutputTokens: 64_000,
    adaptiveThinking: false,
    displays: [],
    efforts: [],
    contextEdits: ['clear_tool_uses_20250919', 'clear_thinking_20251015'],
    toolSearch: false,
    newestTool: 2025_12_31,
    prefill: true,
    refusedBetas: [
      'afk-mode-2026-01-31',
      'compact-2026-01-12',
      'context-1m-2025-08-07',
      'effort-2025-11-24',
      'fast-mode-2026-02-01',
      'redact-thinking-2026-02-12',
    ],
  },
];

/** The id in Anthropic's spelling: OpenRouter's is `anthropic/claude-opus-4.6`. */
const plainId = (model: string): string => model.slice(model.lastIndexOf('/') + 1).replaceAll('.', '-');

/** The line of an upstream's model; undefined for an unknown one, whose provider then judges the request. */
export function lineOf(upstreamModel: string): ModelLine | undefined {
  const id = plainId(upstreamModel);
  return LINES.find((line) => id === line.id || id.startsWith(`${line.id}-`));
}

/** Both orders exist: `claude-3-5-sonnet-20241022` and `claude-opus-4-1-20250805`. A longer number is a date. */
const VERSIONED = /^claude-(?:[a-z]+-)?(\d{1,2})(?!\d)(?:-(\d{1,2})(?!\d))?/;

/** Does the name that a client asked for belong to a newer model? Unknown names count as newer, as in Claude Code. */
export function isNewerThan(model: string, { version: [major, minor] }: ModelLine): boolean {
  const [, asked, askedMinor = '0'] = VERSIONED.exec(plainId(model)) ?? [];
  if (asked === undefined) return true;
  return Number(asked) > major || (Number(asked) === major && Number(askedMinor) > minor);
}

/** A beta's name ends with its date. Later ones are for newer models, and older models refuse them as unknown. */
const NEWEST_BETA = 2026_02_28;
const DATED = /-(\d{4})-(\d{2})-(\d{2})$/;
const CLAUDE_CODE = 'claude-code-20250219';

/** The betas of an `anthropic-beta` header that the line knows. */
export function knownBetas(header: string, { refusedBetas }: ModelLine): string {
  const isKnown = (beta: string) => {
    const [, year, month, day] = DATED.exec(beta) ?? [];
    const isOld = beta === CLAUDE_CODE || (day !== undefined && Number(`${year}${month}${day}`) <= NEWEST_BETA);
    return isOld && !refusedBetas.includes(beta);
  };
  return header
    .split(',')
    .map((beta) => beta.trim())
    .filter(isKnown)
    .join(',');
}

/** The request members that models up to 4.6 know: https://platform.claude.com/docs/en/api/messages */
export const REQUEST_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'max_tokens',
  'system',
  'metadata',
  'stop_sequences',
  'stream',
  'temperature',
  'top_k',
  'top_p',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'cache_control',
  'context_management',
  'container',
  'mcp_servers',
  'service_tier',
  'inference_geo',
]);

/** The types of content blocks that they know (same page). */
export const BLOCK_TYPES: ReadonlySet<unknown> = new Set([
  'text',
  'image',
  'document',
  'search_result',
  'thinking',
  'redacted_thinking',
  'tool_use',
  'tool_result',
  'server_tool_use',
  'web_search_tool_result',
  'web_fetch_tool_result',
  'code_execution_tool_result',
  'bash_code_execution_tool_result',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'mcp_tool_use',
  'mcp_tool_result',
  'container_upload',
  'compaction',
]);

/** The members of `output_config` that they know. */
export const OUTPUT_FIELDS: ReadonlySet<string> = new Set(['effort', 'format']);

/** All efforts, lowest first. */
const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];

/** The highest effort that the line knows and that is no higher than what was asked for; undefined where there is none. */
export function knownEffort(effort: unknown, { efforts }: ModelLine): string | undefined {
  const asked = EFFORTS.indexOf(textOrEmpty(effort));
  return efforts.findLast((known) => EFFORTS.indexOf(known) <= asked);
}

/** Thinking budgets for models without adaptive thinking, by the effort that was asked for. */
const BUDGETS: Readonly<Record<string, number>> = { low: 2_048, medium: 8_192, high: 16_384, xhigh: 24_576, max: 31_999 };
/** https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
const SMALLEST_BUDGET = 1_024;

/** A budget that leaves at least as much again for the answer; undefined where there is no room for one. */
export function thinkingBudget(effort: unknown, maxTokens: number): number | undefined {
  const budget = Math.min(BUDGETS[textOrEmpty(effort)] ?? BUDGETS.high!, Math.floor(maxTokens / 2));
  return budget < SMALLEST_BUDGET ? undefined : budget;
}

/** The `thinking` field of a request that sets a budget. */
export type BudgetedThinking = Readonly<Record<string, unknown>> & { budget_tokens?: unknown };

/**
 * The request's thinking, changed as little as the room for the answer demands: a budget that does not fit becomes
 * adaptive where the model can, or is cut. Undefined turns thinking off.
 */
export function thinkingThatFits(thinking: BudgetedThinking, maxTokens: number, line: ModelLine | undefined): BudgetedThinking | undefined {
  const { budget_tokens, ...others } = thinking;
  const asked = typeof budget_tokens === 'object' ? 0 : Number(budget_tokens);
  if (asked >= SMALLEST_BUDGET && asked < maxTokens) return thinking;
  if (line?.adaptiveThinking) return { ...others, type: 'adaptive' };
  const budget = Math.min(Math.max(asked, SMALLEST_BUDGET), maxTokens - 1);
  return budget >= SMALLEST_BUDGET ? { ...others, type: 'enabled', budget_tokens: budget } : undefined;
}
