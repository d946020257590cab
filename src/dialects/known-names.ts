import { fail, ok, type Result } from '../core/errors';
import { type Member, members, setMembers } from '../core/json';

/** How member names of a body are compared with those that are read. */
export interface Spelling {
  /** Whether snake_case and camelCase are the same name, as in Google's JSON. */
  isFree?: boolean;
}

/** Folds case as case-insensitive readers do. Go's, for example, takes `ſ` for an s (https://pkg.go.dev/encoding/json#Unmarshal). */
export const folded = (name: string): string => name.toUpperCase().toLowerCase();

const sameName = (name: string, { isFree }: Spelling): string => folded(isFree ? name.replaceAll('_', '') : name);

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const isWritten = (key: string, name: string, { isFree }: Spelling): boolean =>
  key === name || (isFree === true && key === snakeCase(name));

/** The names that are read from a body, prepared for comparison. */
export interface NamesRead {
  spelling: Spelling;
  byFolded: ReadonlyMap<string, string>;
}

export const namesRead = (names: readonly string[], spelling: Spelling = {}): NamesRead => ({
  spelling,
  byFolded: new Map(names.map((name) => [sameName(name, spelling), name])),
});

/**
 * Makes a body mean the same to every reader, or a provider could see other values than were priced. Readers differ on
 * which of two members of one name counts, and some ignore case. Repeated members are made equal; a priced name in
 * another case is refused.
 */
export function unambiguous(body: string, { spelling, byFolded }: NamesRead): Result<string> {
  const found = new Map<string, Member>();
  const changes: Record<string, string> = {};
  for (const member of members(body)) {
    const { key, start, end } = member;
    const same = sameName(key, spelling);
    const name = byFolded.get(same);
    if (name === undefined) continue;
    const before = found.get(same);
    if (key === before?.key) changes[key] = body.slice(start, end);
    else if (before || !isWritten(key, name, spelling)) return refuseName(key, name);
    found.set(same, member);
  }
  return ok(Object.keys(changes).length === 0 ? body : setMembers(body, changes));
}

const MAX_QUOTED_CHARS = 100;

const refuseName = (key: string, name: string) =>
  fail('invalid_request', `The field \`${key.slice(0, MAX_QUOTED_CHARS)}\` is not known; it is written \`${name}\`, and given once.`, {
    param: key.slice(0, MAX_QUOTED_CHARS),
    code: 'unknown_parameter',
  });
