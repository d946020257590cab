/** Changes to a request's text by spans: whatever is not changed keeps its bytes. */
import { rawElements, rewriteElements, rewriteMembers } from '../core/json';

/** Changes a JSON value's text; undefined removes the value. */
export type Change = (raw: string) => string | undefined;

/** A change that removes nothing. */
type Edit = (raw: string) => string;

/** Applies a change to each member of an object; any other value stays as it is. */
export const inObject =
  (change: (raw: string, key: string) => string | undefined): Edit =>
  (raw) =>
    raw.trimStart().startsWith('{') ? rewriteMembers(raw, change) : raw;

/** Applies a change to the members of one name. */
export const inMember = (name: string, change: Change): Edit => inObject((raw, key) => (key === name ? change(raw) : raw));

/** Applies a change to each element of a list; any other value stays as it is. */
export const inList =
  (change: Change): Edit =>
  (raw) =>
    raw.startsWith('[') ? rewriteElements(raw, change) : raw;

/** Replaces the elements of a list by those that are made of them all; any other value stays as it is. */
export const inWholeList =
  (change: (raws: readonly string[]) => readonly string[]): Edit =>
  (raw) => {
    if (!raw.startsWith('[')) return raw;
    const raws = rawElements(raw);
    const changed = change(raws);
    return changed.length === raws.length && changed.every((one, index) => one === raws[index]) ? raw : `[${changed.join(',')}]`;
  };

/** Applies a change to each object of a list that is a member of an object. */
export const eachIn = (name: string, change: Change): Edit =>
  inMember(
    name,
    inList((element) => (element.startsWith('{') ? change(element) : element)),
  );

export const without = (...names: readonly string[]): Edit => inObject((raw, key) => (names.includes(key) ? undefined : raw));
