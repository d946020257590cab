import { given } from './given.mjs';

/** All entries of a list of the operator's API, from all its pages. */
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
