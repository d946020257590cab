import { given } from './given.mjs';

/** What a list of the operator's API has on all of its pages. */
export async function everyPage(list, name, limit) {
  const all = [];
  let cursor;
  do {
    const page = await list(given({ limit: String(limit), cursor }));
    all.push(...page[name]);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return { [name]: all };
}
