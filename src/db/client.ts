import { drizzle } from 'drizzle-orm/d1';

export const database = (db: D1Database) => drizzle(db);
