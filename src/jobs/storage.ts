/** Files that customers keep here: data sets, references, weights. */
import { and, desc, eq, lte, type SQL, sql } from 'drizzle-orm';
import { fail, ok, type Result } from '../core/errors';
import { sha256Hex } from '../core/hex';
import { IDEMPOTENCY_KEEP_MS } from '../core/idempotency';
import { newToken, randomDigits } from '../core/ids';
import { rowsBefore } from '../db/after';
import { database } from '../db/client';
import { storedObjects } from '../db/jobs';
import { chunksOf, NoRoom } from './body-parts';
import type { JobDeps } from './deps';
import { Digest, FileTooLarge, fileUrl, NotKept, putStream } from './files';
import { giveRoomBack, reserveRoom } from './storage-room';

export type StoredObject = typeof storedObjects.$inferSelect;

/** How long an upload without an announced length waits for its turn. */
const ROOM_WAIT_MS = 20_000;

type StorageDeps = Pick<JobDeps, 'db' | 'files' | 'now' | 'settings'>;

export interface Upload {
  filename: string;
  contentType: string | undefined;
  kind: string;
  /** Holds the body and the headers that tell its length. */
  content: Response;
}

export const objectView = (origin: string, { id, kind, filename, contentType, sizeBytes, fileKey, createdAt }: StoredObject) => ({
  id,
  object: 'storage_object',
  kind,
  filename,
  contentType,
  size: sizeBytes,
  url: fileUrl(origin, { key: fileKey, contentType }),
  createdAt: new Date(createdAt).toISOString(),
});

export interface StoredUpload {
  row: StoredObject;
  /** The same idempotency key had already stored it. */
  repeated: boolean;
}

export interface Uploader {
  accountId: string;
  test: boolean;
}

/** Stores a customer's upload; `keyHash` is that of its Idempotency-Key. */
export async function storeObject(
  deps: StorageDeps,
  { accountId, test }: Uploader,
  upload: Upload,
  keyHash?: string,
): Promise<Result<StoredUpload>> {
  const { STORAGE_LIMIT_BYTES: limitBytes, STORAGE_ACCOUNT_BYTES: accountLimitBytes } = deps.settings;
  const declaredBytes = Number(upload.content.headers.get('content-length') ?? 0);
  if (declaredBytes > limitBytes) return tooLarge(limitBytes);
  const earlier = keyHash === undefined ? undefined : await findEarlier(deps, accountId, keyHash);
  if (earlier) return repeat(earlier, upload, limitBytes);
  const id = `obj_${randomDigits(20)}`;
  const roomBytes = await reserveRoom(deps, { id, accountId, declaredBytes });
  if (roomBytes === undefined) return full(accountLimitBytes);
  // What is cut short keeps its room: by that the sweeper finds what is left of it.
  const stored = await storeIn(deps, { accountId, test }, upload, { id, roomBytes, keyHash });
  await giveRoomBack(deps, id).catch((error: unknown) => console.error('room not given back', String(error)));
  return stored;
}

export const objectPrefix = (id: string): string => `storage/${id}/`;

interface Place {
  id: string;
  roomBytes: number;
  keyHash: string | undefined;
}

async function storeIn(
  deps: StorageDeps,
  { accountId, test }: Uploader,
  upload: Upload,
  { id, roomBytes, keyHash }: Place,
): Promise<Result<StoredUpload>> {
  const fileKey = `${objectPrefix(id)}${newToken()}/0`;
  const digest = keyHash === undefined ? undefined : new Digest();
  const stored = await readWhole(() =>
    putStream(deps, fileKey, upload.content, upload.contentType, {
      maxBytes: roomBytes,
      digest,
      waitMs: ROOM_WAIT_MS,
    }),
  );
  // R2 may have taken it all the same, and not have said so.
  if (!stored.ok) await deps.files.delete(fileKey).catch((error: unknown) => console.error('upload left', fileKey, String(error)));
  if (!stored.ok)
    return stored.error.kind === 'body_too_large' && roomBytes < deps.settings.STORAGE_LIMIT_BYTES
      ? full(deps.settings.STORAGE_ACCOUNT_BYTES)
      : stored;
  const { contentType, sizeBytes } = stored.value;
  const { kind, filename } = upload;
  const bodyHash = digest ? await hashOf(upload, digest) : null;
  const idempotency = { idempotencyHash: keyHash ?? null, bodyHash };
  const row: StoredObject = {
    id,
    accountId,
    kind,
    filename,
    contentType,
    sizeBytes,
    fileKey,
    createdAt: deps.now(),
    ...idempotency,
    test,
    givenUp: false,
  };
  const inserted = await database(deps.db)
    .insert(storedObjects)
    .values({ ...row, givenUp: isLeft(accountId) })
    .onConflictDoNothing()
    .returning({ id: storedObjects.id });
  if (inserted.length > 0) return ok({ row, repeated: false });
  // A twin with the same idempotency key was quicker.
  await deps.files.delete(fileKey);
  const twin = keyHash === undefined ? undefined : await findEarlier(deps, accountId, keyHash);
  if (!twin) return NOT_KEPT;
  return sameOr422(twin, bodyHash ?? '');
}

/** The organization may have been deleted while the file came: then it goes like those that were there before. */
const isLeft = (accountId: string): SQL<boolean> =>
  sql`EXISTS (SELECT 1 FROM organizations WHERE account_id = ${accountId} AND deleted_at IS NOT NULL)`;

const tooLarge = (limitBytes: number) =>
  fail('body_too_large', `A file may have ${Math.floor(limitBytes / 1_048_576)} MB at most.`, { param: 'file' });

const full = (limitBytes: number) =>
  fail('body_too_large', `An account's files may have ${Math.floor(limitBytes / 1_048_576)} MB together; delete some first.`, {
    param: 'file',
    code: 'storage_full',
  });

const NOT_KEPT = fail('unavailable', 'The file could not be kept; try again.', { retryAfterSeconds: 1 });

/** What comes of reading an upload to its end. */
async function readWhole<T>(read: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await read());
  } catch (error) {
    if (error instanceof NoRoom) return fail('unavailable', 'Too many files are being sent; try again.', { retryAfterSeconds: 5 });
    if (error instanceof FileTooLarge) return fail('body_too_large', 'The file is too large.', { param: 'file' });
    console.error('upload not stored', error instanceof Error ? error.message : String(error));
    if (error instanceof NotKept) return NOT_KEPT;
    return fail('invalid_request', 'The file could not be read to its end, or is empty.', { param: 'file' });
  }
}

/** Tells uploads under the same idempotency key apart. */
const hashOf = async ({ kind, filename, contentType }: Upload, digest: Digest): Promise<string> =>
  sha256Hex(JSON.stringify([kind, filename, contentType ?? '', await digest.end()]));

async function findEarlier(deps: Pick<StorageDeps, 'db' | 'now'>, accountId: string, keyHash: string): Promise<StoredObject | undefined> {
  const sinceMs = deps.now() - IDEMPOTENCY_KEEP_MS;
  const byKey = and(eq(storedObjects.accountId, accountId), eq(storedObjects.idempotencyHash, keyHash));
  await database(deps.db)
    .update(storedObjects)
    .set({ idempotencyHash: null })
    .where(and(byKey, lte(storedObjects.createdAt, sinceMs)));
  const [row] = await database(deps.db).select().from(storedObjects).where(byKey);
  return row;
}

const sameOr422 = (row: StoredObject, bodyHash: string): Result<StoredUpload> =>
  row.bodyHash === bodyHash
    ? ok({ row, repeated: true })
    : fail('idempotency_mismatch', 'This Idempotency-Key was used before with another file.');

/** Reads the upload without storing it: is it the same as before? */
async function repeat(row: StoredObject, upload: Upload, limitBytes: number): Promise<Result<StoredUpload>> {
  const digest = new Digest();
  const read = await readWhole(async () => {
    let size = 0;
    for await (const chunk of upload.content.body ? chunksOf(upload.content.body) : []) {
      size += chunk.byteLength;
      if (size > limitBytes) throw new FileTooLarge();
      await digest.add(chunk);
    }
  });
  return read.ok ? sameOr422(row, await hashOf(upload, digest)) : read;
}

export async function listObjects(
  deps: Pick<StorageDeps, 'db'>,
  accountId: string,
  { kind, before, limit }: { kind?: string | undefined; before?: Pick<StoredObject, 'createdAt' | 'id'> | undefined; limit: number },
): Promise<StoredObject[]> {
  return database(deps.db)
    .select()
    .from(storedObjects)
    .where(
      and(
        eq(storedObjects.accountId, accountId),
        kind === undefined ? undefined : eq(storedObjects.kind, kind),
        before && rowsBefore([storedObjects.createdAt, storedObjects.id], [before.createdAt, before.id]),
      ),
    )
    .orderBy(desc(storedObjects.createdAt), desc(storedObjects.id))
    .limit(limit);
}

export async function findObject(deps: Pick<StorageDeps, 'db'>, accountId: string, id: string): Promise<Result<StoredObject>> {
  const [row] = await database(deps.db)
    .select()
    .from(storedObjects)
    .where(and(eq(storedObjects.id, id), eq(storedObjects.accountId, accountId)));
  return row ? ok(row) : fail('not_found', 'There is no such file.');
}

/** The file is deleted first: a row without a file can be deleted again. */
export async function deleteObject(deps: Pick<StorageDeps, 'db' | 'files'>, { id, fileKey }: StoredObject): Promise<void> {
  await deps.files.delete(fileKey);
  await database(deps.db).delete(storedObjects).where(eq(storedObjects.id, id));
}
