/** Encrypts anew, with the present AUTH_SECRET, what one before it encrypted, so that that one can be forgotten. */
import { type AuthSecrets, seal, unseal } from '../../core/sealed';
import type { OidcSettings } from '../sso/provider';
import { decrypt, encrypt, presentPrefix } from './auth-secrets';

interface Row {
  id: string;
  value: string;
  /** Whose it is, for the operator. */
  of: string | null;
}

interface Place {
  table: string;
  column: string;
  /** Which rows, where what the present secret encrypted begins like this. */
  where: (prefix: string) => string;
  of: string;
  /** What stands there instead; undefined where none of the secrets opens what does. */
  renew: (secrets: AuthSecrets, value: string) => Promise<string | undefined>;
  /** How it is called where nobody can read it. A token of another provider comes anew with the next sign-in. */
  missedAs?: 'second_factor' | 'client_secret';
}

async function reencrypted(secrets: AuthSecrets, value: string): Promise<string | undefined> {
  const text = await decrypt(secrets, value);
  return text === undefined ? undefined : encrypt(secrets, text);
}

async function resealedSettings(secrets: AuthSecrets, value: string): Promise<string | undefined> {
  const settings = JSON.parse(value) as OidcSettings;
  const [present] = secrets;
  if ((await unseal([present], 'sso client secrets', settings.clientSecret)) !== undefined) return value;
  const text = await unseal(secrets, 'sso client secrets', settings.clientSecret);
  if (text === undefined) return undefined;
  return JSON.stringify({ ...settings, clientSecret: await seal(secrets, 'sso client secrets', text) });
}

const encryptedPlace = (table: string, column: string, missedAs?: Place['missedAs']): Place => ({
  table,
  column,
  where: (prefix) => `substr(${column}, 1, ${prefix.length}) <> '${prefix}'`,
  of: `(SELECT email FROM users WHERE id = ${table}.user_id)`,
  renew: reencrypted,
  ...(missedAs && { missedAs }),
});

const PLACES: readonly Place[] = [
  encryptedPlace('two_factors', 'secret', 'second_factor'),
  encryptedPlace('two_factors', 'backup_codes', 'second_factor'),
  encryptedPlace('identities', 'access_token'),
  encryptedPlace('identities', 'refresh_token'),
  {
    table: 'sso_providers',
    column: 'settings',
    where: () => "kind = 'oidc'",
    of: 'domain',
    renew: resealedSettings,
    missedAs: 'client_secret',
  },
];

const ROWS_AT_A_TIME = 200;

export interface Resealed {
  resealed: number;
  unreadable: { what: 'second_factor' | 'client_secret'; of: string }[];
  nextCursor: string | null;
}

/** What somebody changes meanwhile is left as they leave it: it is under the present secret then. */
const replaced = (db: D1Database, { table, column }: Place, { id, value }: Row, fresh: string): D1PreparedStatement =>
  db.prepare(`UPDATE ${table} SET ${column} = ?1 WHERE id = ?2 AND ${column} = ?3`).bind(fresh, id, value);

/** One page of one kind; the cursor names the kind and the last id. */
export async function reseal(db: D1Database, secrets: AuthSecrets, cursor = '0:'): Promise<Resealed> {
  const index = Number(cursor[0]);
  const place = PLACES[index]!;
  const { table, column, where, of, missedAs } = place;
  const rows = `SELECT id, ${column} AS value, ${of} AS "of" FROM ${table} WHERE id > ? AND ${where(presentPrefix(secrets))}`;
  const { results } = await db.prepare(`${rows} ORDER BY id LIMIT ${ROWS_AT_A_TIME}`).bind(cursor.slice(2)).all<Row>();
  const changes: D1PreparedStatement[] = [];
  const unreadable: Resealed['unreadable'] = [];
  for (const row of results) {
    const fresh = await place.renew(secrets, row.value);
    if (fresh !== undefined && fresh !== row.value) changes.push(replaced(db, place, row, fresh));
    if (fresh === undefined && missedAs) unreadable.push({ what: missedAs, of: row.of ?? row.id });
  }
  if (changes.length > 0) await db.batch(changes);
  const following = index + 1 < PLACES.length ? `${index + 1}:` : null;
  return {
    resealed: changes.length,
    unreadable,
    nextCursor: results.length < ROWS_AT_A_TIME ? following : `${index}:${results.at(-1)!.id}`,
  };
}
