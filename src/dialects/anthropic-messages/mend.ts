/**
 * Mends a request that an upstream has refused, by removing or rewriting what was refused. As there is only one more
 * try, whatever else the model is known to refuse is mended too. Edits the text by spans.
 */
import { elements, rewriteElements, setMembers, withoutMember } from '../../core/json';
import { type Fields, isRecord, listOf, parseJson, parseRecord, recordsOf } from '../../core/record';
import { type Change, eachIn, inMember } from '../spans';
import { withFewerMarks, withoutCacheTimes } from './cache-marks';
import { withoutEmptyTexts } from './empty-texts';
import { type ModelLine, thinkingThatFits } from './features';
import { withoutNewerFields } from './newer-fields';
import { clearsThinking, keptEdits } from './older-model';
import { namesSignature, THINKING, withoutPastThinking } from './signatures';
import { withPairs } from './tool-pairs';

/** What can be removed from a request, or written differently. */
export type Refusal =
  | 'signature'
  | 'budget'
  | 'sampling'
  | 'prefill'
  | 'ids'
  | 'empty'
  | 'ending'
  | 'cacheTime'
  | 'marks'
  | 'pairs'
  | 'newer';

/** https://platform.claude.com/docs/en/build-with-claude/extended-thinking and .../about-claude/models/migration-guide */
const NAMED: readonly (readonly [Refusal, RegExp])[] = [
  ['budget', /\bbudget_tokens\b/i],
  ['sampling', /^(?=.*\btemperature\b)(?=.*\btop_p\b).*\bboth\b/is],
  ['prefill', /\bprefill|\bmust end with a user message/i],
  ['ids', /\btool_use(?:\.id|_id)\b[^\n]{0,80}\bpattern\b/i],
  ['empty', /\btext content blocks must\b|\bmust have non-empty content\b|\bcannot be set for empty text\b/i],
  ['ending', /\bcannot end with trailing whitespace\b/i],
  ['newer', /\bextra inputs are not permitted\b/i],
  ['cacheTime', /\bcache_control\b[^\n]{0,40}\bttl\b/i],
  ['pairs', /\bids were found without `?tool_result\b|\bfound in `?tool_result`? blocks\b|\btool_use must have a single result\b/i],
  ['marks', /\bmaximum of \d+ blocks with `?cache_control\b/i],
];

/** What a refusal is about; empty where nothing can be mended. */
export function refusalsIn(message: string): ReadonlySet<Refusal> {
  const named = NAMED.filter(([, pattern]) => pattern.test(message)).map(([refusal]) => refusal);
  // Features of a refused beta would be refused as well.
  const newer: Refusal[] = betasIn(message).length > 0 ? ['newer'] : [];
  return new Set([...named, ...newer, ...(namesSignature(message) ? ['signature' as const] : [])]);
}

const REFUSES_BETAS = /^(.*)\bfor the `?anthropic-beta`? header/is;

/** The betas that a refusal names. Vertex AI refuses most of Claude Code's: https://github.com/anthropics/claude-code/issues/21625 */
export const betasIn = (message: string): readonly string[] =>
  [...(REFUSES_BETAS.exec(message)?.[1] ?? '').matchAll(/`([\w.-]+)`/g)].map(([, beta]) => beta!);

export const withoutBetas = (header: string, refused: readonly string[]): string =>
  header
    .split(',')
    .map((beta) => beta.trim())
    .filter((beta) => !refused.includes(beta))
    .join(',');

/** With interleaved thinking, the budget may be larger than `max_tokens`. */
const INTERLEAVED = /\binterleaved-thinking-/;

function knownRefusals({ prefill }: ModelLine, betas: string | undefined): Refusal[] {
  return [
    'sampling',
    'empty',
    'ending',
    ...(prefill ? [] : ['prefill' as const]),
    ...(INTERLEAVED.test(betas ?? '') ? [] : ['budget' as const]),
  ];
}

/** The mended request; the same text where nothing can be mended. */
export function mended(body: string, refused: ReadonlySet<Refusal>, line: ModelLine | undefined, betas: string | undefined): string {
  const all = new Set([...refused, ...(line ? knownRefusals(line, betas) : [])]);
  let sent = all.has('signature') ? withoutPastThinking(body) : body;
  const fields = parseRecord(sent);
  if (all.has('budget')) sent = withFittingBudget(sent, fields, line);
  if (all.has('sampling') && typeof fields.temperature === 'number' && typeof fields.top_p === 'number')
    sent = withoutMember(sent, 'top_p');
  if (all.has('ids')) sent = withKnownIds(sent);
  if (all.has('pairs')) sent = withPairs(sent);
  if (all.has('empty')) sent = withoutEmptyTexts(sent);
  if (all.has('ending')) sent = withTrimmedEnd(sent);
  if (all.has('cacheTime')) sent = withoutCacheTimes(sent);
  if (all.has('marks')) sent = withFewerMarks(sent);
  if (all.has('newer')) sent = withoutNewerFields(sent);
  return all.has('prefill') ? withoutPrefill(sent, fields.messages) : sent;
}

function withFittingBudget(body: string, { thinking, max_tokens }: Fields, line: ModelLine | undefined): string {
  if (!isRecord(thinking) || thinking.type !== 'enabled') return body;
  const fitting = thinkingThatFits(thinking, Number(max_tokens), line);
  if (fitting !== undefined && fitting.budget_tokens === thinking.budget_tokens) return body;
  const sent = inMember('thinking', () => fitting && JSON.stringify(fitting))(body);
  return fitting === undefined ? withoutThinkingEdits(sent) : sent;
}

/** Edits that clear thinking are refused where the request has thinking turned off. */
const withoutThinkingEdits = (body: string): string =>
  inMember('context_management', (raw) => (raw.startsWith('{') ? keptEdits(raw, (type) => !clearsThinking(type)) : raw))(body);

/** Maps an id to allowed characters. The mapping depends only on the id, so a call and its result keep matching in every turn. */
function knownId(raw: string, member: string): string {
  const json = parseJson(raw);
  const id = isRecord(json) ? json[member] : undefined;
  const known = typeof id === 'string' ? id.replace(/[^\w-]/g, '_') : id;
  return known === id ? raw : setMembers(raw, { [member]: JSON.stringify(known) });
}

/** Ids of tool calls that another model made may hold characters that Claude refuses: https://platform.claude.com/docs/en/api/messages */
const withKnownIds = eachIn(
  'messages',
  eachIn('content', (block) => knownId(knownId(block, 'id'), 'tool_use_id')),
);

/** A prefilled answer may not end with white space. */
function withTrimmedEnd(body: string): string {
  const trimmed = (raw: string): string => {
    const said = parseJson(raw);
    return typeof said === 'string' && said.trimEnd() !== said ? JSON.stringify(said.trimEnd()) : raw;
  };
  const inLast = (change: Change) => (list: string) => {
    const last = elements(list).length - 1;
    return rewriteElements(list, (raw, index) => (index === last ? change(raw) : raw));
  };
  const inBlocks = inLast(inMember('text', trimmed));
  const inContent = inMember('content', (raw) => (raw.startsWith('[') ? inBlocks(raw) : trimmed(raw)));
  const inTurn = (turn: string): string => (parseRecord(turn).role === 'assistant' ? inContent(turn) : turn);
  return inMember('messages', (raw) => (raw.startsWith('[') ? inLast(inTurn)(raw) : raw))(body);
}

const GO_ON =
  'Your answer has begun already, with the text between the tags below. Go on with the very next character, ' +
  'as if you had written that text yourself, and repeat nothing of it.';

/** Rewrites a prefilled answer (an assistant turn at the end) as a request to continue from there. */
function withoutPrefill(body: string, messages: unknown): string {
  const turns = listOf(messages);
  const begun = begunText(turns.at(-1));
  if (begun === undefined) return body;
  const asked = JSON.stringify({ role: 'user', content: `${GO_ON}\n<begun>${begun}</begun>` });
  return inMember('messages', (raw) => rewriteElements(raw, (turn, index) => (index === turns.length - 1 ? asked : turn)))(body);
}

/**
 * The text of a prefilled answer. Undefined where the last turn is not the model's, or holds more than text: a tool
 * call waits for its result.
 */
function begunText(turn: unknown): string | undefined {
  if (!isRecord(turn) || turn.role !== 'assistant') return undefined;
  if (typeof turn.content === 'string') return turn.content;
  const blocks = recordsOf(turn.content);
  const said = blocks.filter(({ type }) => !THINKING.has(type));
  return said.length > 0 && said.every(({ type }) => type === 'text') ? said.map(({ text }) => String(text)).join('') : undefined;
}
