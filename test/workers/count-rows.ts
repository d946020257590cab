/** Counts all rows that the object writes, or reads, from here on, by its cursors' own count. */
export function countRows({ storage: { sql } }: DurableObjectState, which: 'rowsWritten' | 'rowsRead' = 'rowsWritten'): () => number {
  const cursors: { rowsWritten: number; rowsRead: number }[] = [];
  const exec = sql.exec.bind(sql);
  sql.exec = ((query: string, ...values: SqlStorageValue[]) => {
    const cursor = exec(query, ...values);
    cursors.push(cursor);
    return cursor;
  }) as typeof sql.exec;
  return () => cursors.splice(0).reduce((sum, cursor) => sum + cursor[which], 0);
}
