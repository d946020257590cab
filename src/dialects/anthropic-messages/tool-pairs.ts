/**
 * Brings calls of tools and their results together again. A client may lose one of the two when it is interrupted, or when
 * it shortens a conversation, and from then on every request with it is refused:
 * https://github.com/anthropics/claude-code/issues/3003 and https://github.com/RooCodeInc/Roo-Code/issues/11029
 */
import { elements } from '../../core/json';
import { type Fields, isFilled, listOf, parseRecord, recordsOf } from '../../core/record';
import { NO_RESULT, RESULT_ALONE } from '../lost-results';
import { inMember, inWholeList } from '../spans';
import { EMPTY_TURN } from './signatures';

const callsIn = ({ role, content }: Fields): unknown[] =>
  role === 'assistant'
    ? recordsOf(content)
        .filter(({ type }) => type === 'tool_use')
        .map(({ id }) => id)
    : [];

const noResult = (id: unknown): string => JSON.stringify({ type: 'tool_result', tool_use_id: id, content: NO_RESULT, is_error: true });
const text = (said: string): string => JSON.stringify({ type: 'text', text: said });

/** The block of a turn that is a text, which may not be empty. */
const spoken = (raw: string): string[] => (/^"\s*"$/.test(raw) ? [] : [`{"type":"text","text":${raw}}`]);

/** What a result may hold and a user may say. */
const SAID: ReadonlySet<unknown> = new Set(['text', 'image', 'document', 'search_result']);

function saidAlone({ content }: Fields): string[] {
  if (isFilled(content)) return [text(`${RESULT_ALONE}\n${content}`)];
  const blocks = recordsOf(content).filter(({ type }) => SAID.has(type));
  return blocks.length === 0 ? [] : [text(RESULT_ALONE), ...blocks.map((block) => JSON.stringify(block))];
}

/** A user's turn with the results of `open` calls first, each once; what results without a call say is said by the user. */
function userTurn(turn: string, open: Set<unknown>, lost: readonly string[]): string {
  const answered = inWholeList((blocks) => {
    const results: string[] = [...lost];
    const others = blocks.flatMap((block) => {
      const { type, tool_use_id: id, ...result } = parseRecord(block);
      if (type !== 'tool_result') return [block];
      if (!open.delete(id)) return saidAlone(result);
      results.push(block);
      return [];
    });
    return [...results, ...others];
  });
  const inContent = (raw: string): string => {
    if (!raw.startsWith('[')) return lost.length === 0 ? raw : `[${[...lost, ...spoken(raw)].join(',')}]`;
    const made = answered(raw);
    return elements(made).length === 0 ? EMPTY_TURN : made;
  };
  return inMember('content', inContent)(turn);
}

const resultsIn = (turns: readonly Fields[]): Set<unknown> =>
  new Set(turns.flatMap(({ content }) => listOf(content)).flatMap((block) => recordsOf([block]).map(({ tool_use_id }) => tool_use_id)));

function paired(raws: readonly string[]): string[] {
  const turns = raws.map(parseRecord);
  let open = new Set<unknown>();
  let lost: string[] = [];
  return raws.flatMap((raw, index) => {
    const turn = turns[index]!;
    if (turn.role === 'user') {
      const made = userTurn(raw, open, lost);
      lost = [];
      return [made];
    }
    let next = index + 1;
    while (turns[next]?.role === 'user') next++;
    const answers = turns.slice(index + 1, next);
    const calls = callsIn(turn);
    const given = resultsIn(answers);
    open = new Set(calls);
    lost = calls.filter((id) => !given.has(id)).map(noResult);
    if (answers.length > 0 || lost.length === 0) return [raw];
    return [raw, `{"role":"user","content":[${lost.splice(0).join(',')}]}`];
  });
}

/** The request in which each call has its one result in the turn behind it. */
export const withPairs = inMember('messages', inWholeList(paired));
