import * as z from 'zod';
import type { AccountProfile } from '../../account/types';
import { fail, ok, type Result } from '../../core/errors';
import { toHex } from '../../core/hex';
import { accountId, newAccountBytes } from '../../core/ids';
import { DAY_MS } from '../../core/time';
import { listInD1 } from '../account-row';
import { commit } from '../audit/commit';
import type { VerbContext } from '../context';
import type { Role } from '../permissions';

export const createOrganizationInput = z.strictObject({ name: z.string().trim().min(1).max(100) });

/** Organizations of one person, including those deleted within the last day. */
const MOST_MADE = 20;

/** Parameters: the person, and a moment. */
const MAY_MAKE = `(SELECT COUNT(*) FROM members m JOIN organizations o ON o.id = m.organization_id
  WHERE m.user_id = ?1 AND m.source = 'created' AND (o.deleted_at IS NULL OR o.created_at > ?2)) < ${MOST_MADE}`;

const INSERT = `INSERT INTO organizations (id, slug, name, account_id, created_at) SELECT ?3, ?4, ?5, ?6, ?7 WHERE ${MAY_MAKE}`;
/** Only if the statement before it took effect. */
const INSERT_OWNER = `INSERT INTO members (organization_id, user_id, role, source, created_at)
  SELECT id, ?2, 'owner', 'created', ?3 FROM organizations WHERE id = ?1`;

const random = (bytes: number): string => toHex(crypto.getRandomValues(new Uint8Array(bytes)));

function slugOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40);
  return plain.replace(/^-+|-+$/g, '') || 'team';
}

const TOO_MANY = fail('conflict', `A person may make ${MOST_MADE} organizations; delete one first.`, { code: 'too_many_organizations' });

const SLUG_TAKEN = /UNIQUE constraint failed: organizations\.slug/;

/** The first slug that is still free when it is written; undefined where none is. */
async function firstFree(slugs: readonly string[], write: (slug: string) => Promise<boolean>): Promise<string | undefined> {
  for (const slug of slugs) {
    try {
      return (await write(slug)) ? slug : undefined;
    } catch (error) {
      if (slug === slugs.at(-1) || !SLUG_TAKEN.test(String(error))) throw error;
    }
  }
  return undefined;
}

export interface OrganizationView {
  id: string;
  slug: string;
  name: string;
  role: Role | null;
  accountId: string;
}

/** Makes an organization with a wallet of its own; its maker owns it. */
export async function createOrganization(
  context: VerbContext,
  { name }: z.infer<typeof createOrganizationInput>,
): Promise<Result<OrganizationView>> {
  const { db, actor, account } = context;
  const sinceMs = context.now() - DAY_MS;
  // Checked before a wallet is made for it, and once more when it is written.
  if (!(await db.prepare(`SELECT 1 WHERE ${MAY_MAKE}`).bind(actor.id, sinceMs).first())) return TOO_MANY;
  const [id, wallet, at] = [`org_${random(8)}`, accountId(newAccountBytes()), context.now()];
  const profile: AccountProfile = { id: wallet, name, email: null, createdAtMs: at, grantedTier: 'free' };
  await account(wallet).create(profile);
  const write = (slug: string): Promise<boolean> =>
    commit(
      { ...context, accountId: wallet },
      { action: 'organization.create', target: id, detail: { name, slug } },
      db.prepare(INSERT).bind(actor.id, sinceMs, id, slug, name, wallet, at),
      db.prepare(INSERT_OWNER).bind(id, actor.id, at),
      listInD1(db, profile),
    );
  const plain = slugOf(name);
  const slug = await firstFree([plain, `${plain}-${random(3)}`], write);
  return slug === undefined ? TOO_MANY : ok({ id, slug, name, role: 'owner', accountId: wallet });
}
