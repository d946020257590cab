/** Changes to a request by the spans of its text: what is not changed keeps its bytes. */
import { rewriteElements, rewriteMembers } from '../../core/json';

/** Of a JSON value's text; undefined leaves it out. */
export type Change = (raw: string) => string | undefined;

/** Each member of an object; what is none stays as it is. */
export const inObject =
  (change: (raw: string, key: string) => string | undefined): Change =>
  (raw) =>
    raw.startsWith('{') ? rewriteMembers(raw, change) : raw;

/** Each element of a list; what is none stays as it is. */
export const inList =
  (change: Change): Change =>
  (raw) =>
    raw.startsWith('[') ? rewriteElements(raw, change) : raw;

export const without = (names: ReadonlySet<string>): Change => inObject((raw, key) => (names.has(key) ? undefined : raw));
