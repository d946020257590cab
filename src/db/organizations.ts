/** Organizations and their payments, for the typed queries that there are of them. Times are milliseconds. */
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const organizations = sqliteTable('organizations', {
  id: text().primaryKey(),
  slug: text().notNull().unique(),
  name: text().notNull(),
  accountId: text('account_id').notNull().unique(),
  createdAt: integer('created_at').notNull(),
  deletedAt: integer('deleted_at'),
});

export const members = sqliteTable(
  'members',
  {
    organizationId: text('organization_id').notNull(),
    userId: text('user_id').notNull(),
    role: text({ enum: ['owner', 'admin', 'developer', 'billing', 'viewer'] }).notNull(),
    source: text().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.userId] })],
);

export const invitations = sqliteTable('invitations', {
  id: text().primaryKey(),
  organizationId: text('organization_id').notNull(),
  email: text().notNull(),
  role: text({ enum: ['owner', 'admin', 'developer', 'billing', 'viewer'] }).notNull(),
  tokenHash: text('token_hash').notNull().unique(),
  invitedBy: text('invited_by').notNull(),
  status: text({ enum: ['pending', 'accepted', 'revoked'] }).notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
});

export const payments = sqliteTable('payments', {
  id: text().primaryKey(),
  accountId: text('account_id').notNull(),
  paymentIntent: text('payment_intent').unique(),
  amountCents: integer('amount_cents').notNull(),
  currency: text().notNull(),
  receiptUrl: text('receipt_url'),
  createdAt: integer('created_at').notNull(),
});
