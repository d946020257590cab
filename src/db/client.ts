import { type D1PreparedQuery, DrizzleD1Database, SQLiteD1Session } from 'drizzle-orm/d1';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core';

type NoSchema = Record<string, never>;

/**
 * Drizzle's error for a failed query repeats all bound values: prompts, tokens, e-mail addresses. As errors are logged,
 * only D1's own reason is kept. https://github.com/drizzle-team/drizzle-orm/blob/main/drizzle-orm/src/errors.ts
 */
const withoutValues = (error: unknown): never => {
  throw error instanceof DrizzleQueryError ? (error.cause ?? new Error('a query failed')) : error;
};

class QuietSession extends SQLiteD1Session<NoSchema, NoSchema> {
  override prepareQuery(...query: Parameters<SQLiteD1Session<NoSchema, NoSchema>['prepareQuery']>): D1PreparedQuery {
    const prepared = super.prepareQuery(...query);
    const { run, all, get, values } = prepared;
    return Object.assign(prepared, {
      run: (filled?: Record<string, unknown>) => run.call(prepared, filled).catch(withoutValues),
      all: (filled?: Record<string, unknown>) => all.call(prepared, filled).catch(withoutValues),
      get: (filled?: Record<string, unknown>) => get.call(prepared, filled).catch(withoutValues),
      values: (filled?: Record<string, unknown>) => values.call(prepared, filled).catch(withoutValues),
    });
  }
}

export function database(db: D1Database): DrizzleD1Database {
  const dialect = new SQLiteAsyncDialect();
  return new DrizzleD1Database('async', dialect, new QuietSession(db, dialect, undefined), undefined);
}
