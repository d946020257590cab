/** A share of the D1 queries that one invocation may make. */
export interface QueryBudget {
  db: D1Database;
  /** How many are left of it. */
  left: () => number;
}

/** For whoever is the only one in their invocation to ask. */
export const noBudget = (): number => Infinity;

/** Counts what is prepared, as each statement is run once. It is for whoever spends it to stop in time. */
export function queryBudget(db: D1Database, most: number): QueryBudget {
  let prepared = 0;
  const counted = new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') prepared++;
      const member = Reflect.get(target, name) as unknown;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { db: counted, left: () => most - prepared };
}
