import { z } from 'zod';
import type { AccountProfile } from '../../account/types';
import { fail, ok, type Result } from '../../core/errors';
import { toHex } from '../../core/hex';
import { accountId, newAccountBytes } from '../../core/ids';
import { listInD1 } from '../account-row';
import { commit } from '../audit/commit';
import type { VerbContext } from '../context';
import type { Role } from '../permissions';

export const createOrganizationInput = z.strictObject({ name: z.string().trim().min(1).max(100) });

/** Of one person, those that live and those of the last day. */
const MOST_MADE = 20;
const DAY_MS = 86_400_000;

const MADE = `SELECT COUNT(*) AS count FROM members m JOIN organizations o ON o.id = m.organization_id
  WHERE m.user_id = ? AND m.source = 'created' AND (o.deleted_at IS NULL OR o.created_at > ?)`;

const random = (bytes: number): string => toHex(crypto.getRandomValues(new Uint8Array(bytes)));

function slugOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return plain.replace(/^-+|-+$/g, '').slice(0, 40) || 'team';
}

export interface OrganizationView {
  id: string;
  slug: string;
  name: string;
  role: Role | null;
  accountId: string;
}

/** An organization with a wallet of its own; who makes it owns it. */
export async function createOrganization(
  context: VerbContext,
  { name }: z.infer<typeof createOrganizationInput>,
): Promise<Result<OrganizationView>> {
  const { db, actor, account } = context;
  const made = await db
    .prepare(MADE)
    .bind(actor.id, context.now() - DAY_MS)
    .first<{ count: number }>();
  if ((made?.count ?? 0) >= MOST_MADE)
    return fail('conflict', `A person may make ${MOST_MADE} organizations; delete one first.`, { code: 'too_many_organizations' });
  const [id, wallet, at] = [`org_${random(8)}`, accountId(newAccountBytes()), context.now()];
  const profile: AccountProfile = { id: wallet, name, email: null, createdAtMs: at, grantedTier: 'free' };
  await account(wallet).create(profile);
  const taken = await db.prepare('SELECT 1 FROM organizations WHERE slug = ?').bind(slugOf(name)).first();
  const slug = taken ? `${slugOf(name)}-${random(3)}` : slugOf(name);
  const insert = db.prepare('INSERT INTO organizations VALUES (?, ?, ?, ?, ?, NULL)').bind(id, slug, name, wallet, at);
  const owner = db.prepare("INSERT INTO members VALUES (?, ?, 'owner', 'created', ?)").bind(id, actor.id, at);
  await commit(
    { ...context, accountId: wallet },
    { action: 'organization.create', target: id, detail: { name, slug } },
    insert,
    owner,
    listInD1(db, profile),
  );
  return ok({ id, slug, name, role: 'owner', accountId: wallet });
}
