/** Files that customers keep here: data sets, references, weights. */
import { and, desc, eq, lt, or } from 'drizzle-orm';
import { fail, ok, type Result } from '../core/errors';
import { newToken, randomDigits } from '../core/ids';
import { database } from '../db/client';
import { storedObjects } from '../db/jobs';
import type { JobDeps } from './deps';
import { fileUrl, putStream } from './files';

export type StoredObject = typeof storedObjects.$inferSelect;

type StorageDeps = Pick<JobDeps, 'db' | 'files' | 'now' | 'settings'>;

export interface Upload {
  filename: string;
  contentType: string | undefined;
  kind: string;
  /** With the body, and the headers that tell its length. */
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

export async function storeObject(deps: StorageDeps, accountId: string, upload: Upload): Promise<Result<StoredObject>> {
  const limitBytes = deps.settings.STORAGE_LIMIT_BYTES;
  const tooLarge = () => fail('body_too_large', `A file may have ${Math.floor(limitBytes / 1_048_576)} MB at most.`, { param: 'file' });
  if (Number(upload.content.headers.get('content-length') ?? 0) > limitBytes) return tooLarge();
  const id = `obj_${randomDigits(20)}`;
  const fileKey = `storage/${id}/${newToken()}/0`;
  try {
    const { contentType, sizeBytes } = await putStream(deps, fileKey, upload.content, upload.contentType, limitBytes);
    const row: StoredObject = {
      id,
      accountId,
      kind: upload.kind,
      filename: upload.filename,
      contentType,
      sizeBytes,
      fileKey,
      createdAt: deps.now(),
    };
    await database(deps.db).insert(storedObjects).values(row);
    return ok(row);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (message.includes('too large')) return tooLarge();
    console.error('upload not stored', message);
    return fail('invalid_request', 'The file could not be read to its end, or is empty.', { param: 'file' });
  }
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
        before &&
          or(
            lt(storedObjects.createdAt, before.createdAt),
            and(eq(storedObjects.createdAt, before.createdAt), lt(storedObjects.id, before.id)),
          ),
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

/** The file first: a row without a file can be deleted again. */
export async function deleteObject(deps: Pick<StorageDeps, 'db' | 'files'>, { id, fileKey }: StoredObject): Promise<void> {
  await deps.files.delete(fileKey);
  await database(deps.db).delete(storedObjects).where(eq(storedObjects.id, id));
}
