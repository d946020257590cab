/** Changes to a request's text by spans: whatever is not changed keeps its bytes. */
import { rewriteElements, rewriteMembers } from '../../core/json';

/** Changes a JSON value's text; undefined removes the value. */
export type Change = (raw: string) => string | undefined;

/** Applies a change to each member of an object; any other value stays as it is. */
export const inObject =
  (change: (raw: string, key: string) => string | undefined): Change =>
  (raw) =>
    raw.startsWith('{') ? rewriteMembers(raw, change) : raw;

/** Applies a change to each element of a list; any other value stays as it is. */
export const inList =
  (change: Change): Change =>
  (raw) =>
    raw.startsWith('[') ? rewriteElements(raw, change) : raw;

export const without = (names: ReadonlySet<string>): Change => inObject((raw, key) => (names.has(key) ? undefined : raw));
