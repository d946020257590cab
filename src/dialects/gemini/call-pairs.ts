/**
 * Brings function calls and their responses together again. A client may lose one of the two when it is interrupted, or
 * when it shortens a conversation, and from then on every request with it is refused:
 * https://github.com/google-gemini/gemini-cli/issues/3814 and https://github.com/lobehub/lobehub/issues/10049
 */
import { type Fields, isRecord, parseJson, recordsOf } from '../../core/record';
import { NO_RESULT, RESULT_ALONE } from '../lost-results';
import { field, listField, recordField } from './fields';

const UNPAIRED =
  /\bfunction response parts is equal to the number of function call parts\b|\bfunction (?:call|response) turn comes immediately after\b/i;

interface Turn {
  role: 'model' | 'user';
  parts: readonly Fields[];
}

/** Consecutive contents of one side are one turn. */
function turnsOf(contents: readonly Fields[]): Turn[] {
  const turns: { role: Turn['role']; parts: Fields[] }[] = [];
  for (const content of contents) {
    const role = content.role === 'model' ? 'model' : 'user';
    if (turns.at(-1)?.role !== role) turns.push({ role, parts: [] });
    const { parts } = turns.at(-1)!;
    for (const part of listField(content, 'parts')) parts.push(part);
  }
  return turns;
}

const callsIn = ({ parts }: Turn): Fields[] => recordsOf(parts.map((part) => recordField(part, 'functionCall')));
const responseIn = (part: Fields): Fields | undefined => recordField(part, 'functionResponse');

const noResponse = ({ id, name }: Fields): Fields => ({
  functionResponse: { ...(id !== undefined && { id }), name, response: { error: NO_RESULT } },
});

const saidAlone = (response: Fields): Fields => ({ text: `${RESULT_ALONE}\n${JSON.stringify(field(response, 'response') ?? {})}` });

/** Each call looks through the responses; a client has no more than some hundred of either in a turn. */
const MOST_PAIRS = 1_000_000;

/** The parts of a user's turn behind these calls: first each call's one response. */
function answering(calls: readonly Fields[], parts: readonly Fields[]): readonly Fields[] {
  if (calls.length * parts.length > MOST_PAIRS) return parts;
  const left = [...parts];
  const take = (isOne: (response: Fields) => boolean): Fields | undefined => {
    const at = left.findIndex((part) => isOne(responseIn(part) ?? {}));
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const given = calls.map(
    ({ id, name }) =>
      take((response) => id !== undefined && response.id === id) ??
      take((response) => response.name === name && (id === undefined || response.id === undefined)) ??
      noResponse({ id, name }),
  );
  const others = left.map((part) => {
    const response = responseIn(part);
    return response ? saidAlone(response) : part;
  });
  return [...given, ...others];
}

function paired(turns: readonly Turn[]): Turn[] {
  const whole: Turn[] = [];
  for (const [index, turn] of turns.entries()) {
    const calls = callsIn(turn);
    if (turn.role === 'user') {
      const before = turns[index - 1];
      whole.push({ ...turn, parts: answering(before ? callsIn(before) : [], turn.parts) });
      continue;
    }
    if (calls.length > 0 && index === 0) whole.push({ role: 'user', parts: [{ text: '(no text)' }] });
    whole.push(turn);
    if (calls.length > 0 && index === turns.length - 1) whole.push({ role: 'user', parts: answering(calls, []) });
  }
  return whole;
}

/** The body in which each call has its one response behind it; undefined where that is not what was refused. */
export function pairedBody(body: string, message: string): string | undefined {
  const json = UNPAIRED.test(message) ? parseJson(body) : undefined;
  return isRecord(json) ? JSON.stringify({ ...json, contents: paired(turnsOf(listField(json, 'contents'))) }) : undefined;
}
