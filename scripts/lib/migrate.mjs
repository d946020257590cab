import { readdirSync } from 'node:fs';

/** The names of a folder's migrations, in order. */
export function migrationFiles(directory) {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith('.sql'));
    return names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));
  } catch {
    return [];
  }
}

/** The first that asks anything of the database. Of a file that is damaged, workerd says nothing but "internal error", here. */
async function recordsIn(database, record) {
  try {
    await database
      .prepare(
        `CREATE TABLE IF NOT EXISTS ${record} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`,
      )
      .run();
    return (await database.prepare(`SELECT name FROM ${record}`).all()).results;
  } catch (error) {
    throw new Error(
      `The database cannot be opened, so its file may be damaged; the log says more: ${error.cause?.message ?? error.message}`,
    );
  }
}

/**
 * Does what `wrangler d1 migrations apply --local` does, including its records, without the two seconds that starting
 * it takes. Each migration and its record are one transaction.
 */
export async function migrate(database, migrations, table = 'd1_migrations') {
  const record = `"${table.replaceAll('"', '""')}"`;
  const results = await recordsIn(database, record);
  const applied = new Set(results.map(({ name }) => name));
  const pending = migrations.filter(({ name }) => !applied.has(name));
  for (const { name, statements } of pending) {
    const prepared = statements.map((sql) => database.prepare(sql));
    try {
      await database.batch([...prepared, database.prepare(`INSERT INTO ${record} (name) VALUES (?)`).bind(name)]);
    } catch (error) {
      throw new Error(`The migration ${name} failed: ${error.cause?.message ?? error.message}`);
    }
  }
}
