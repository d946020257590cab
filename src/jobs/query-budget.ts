/** A share of the D1 queries that one invocation may make. */
export interface QueryBudget {
  db: D1Database;
  /** How many are left. */
  left: () => number;
}

/** For a caller that has the invocation to itself. */
export const noBudget = (): number => Infinity;

/** Counts prepared statements, each of which runs once. Whoever spends the budget must stop in time. */
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
