/** Who may do what to which wallet, and what they did. Times are milliseconds. */
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const personalAccounts = sqliteTable('personal_accounts', {
  userId: text('user_id').primaryKey(),
  accountId: text('account_id').notNull().unique(),
  createdAt: integer('created_at').notNull(),
});

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

export const auditLog = sqliteTable(
  'audit_log',
  {
    accountId: text('account_id').notNull(),
    seq: integer().notNull(),
    at: integer().notNull(),
    actorKind: text('actor_kind').notNull(),
    actorId: text('actor_id').notNull(),
    actorName: text('actor_name').notNull(),
    action: text().notNull(),
    target: text(),
    ip: text(),
    userAgent: text('user_agent'),
    requestId: text('request_id').notNull(),
    detail: text().notNull(),
    previousHash: text('previous_hash').notNull(),
    hash: text().notNull(),
    entryId: text('entry_id'),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.seq] })],
);

export const ssoProviders = sqliteTable('sso_providers', {
  id: text().primaryKey(),
  organizationId: text('organization_id').notNull(),
  kind: text({ enum: ['oidc', 'saml'] }).notNull(),
  domain: text().notNull(),
  domainToken: text('domain_token').notNull(),
  domainVerifiedAt: integer('domain_verified_at'),
  defaultRole: text('default_role', { enum: ['admin', 'developer', 'billing', 'viewer'] }).notNull(),
  settings: text().notNull(),
  createdAt: integer('created_at').notNull(),
});

export const ssoOnce = sqliteTable('sso_once', {
  id: text().primaryKey(),
  providerId: text('provider_id').notNull(),
  payload: text().notNull(),
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

export const paymentChanges = sqliteTable('payment_changes', {
  eventId: text('event_id').primaryKey(),
  paymentIntent: text('payment_intent').notNull(),
  kind: text({ enum: ['refund', 'dispute'] }).notNull(),
  cents: integer().notNull(),
  createdAt: integer('created_at').notNull(),
});
