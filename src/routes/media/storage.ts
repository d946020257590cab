import { momentCursor } from '../../console/cursor';
import type { ApiKey } from '../../core/api-key';
import { fail, ok, type Result } from '../../core/errors';
import { idempotencyIn } from '../../core/idempotency';
import { cleanType } from '../../core/media-type';
import { textOf } from '../../core/multipart';
import { refuseTestKey } from '../../core/test-key';
import { nextAfter } from '../../db/after';
import { idempotencyOf } from '../../gateway/idempotency';
import { readForm } from '../../http/body';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import { deleteObject, findObject, listObjects, objectView, type StoredObject, storeObject, type Upload } from '../../jobs/storage';
import { refuseUnfunded } from '../../jobs/storage-room';
import { originOf, pageSize, placeBefore, refuseQuery, withKey } from './request';

const KIND = /^[a-z0-9][a-z0-9_-]{0,39}$/i;
const USUAL_KIND = 'file';
const MAX_FILENAME_CHARS = 255;
const PAGE = { usual: 50, most: 200 };

const withObject = (c: AppContext, verb: (row: StoredObject, key: ApiKey) => Promise<Response>): Promise<Response> =>
  withKey(c, async (key) => {
    const found = await findObject(jobDeps(c.env), key.accountId, c.req.param('id') ?? '');
    return found.ok ? verb(found.value, key) : renderError(c, found.error);
  });

/** Either a form with a `file`, or the file itself as the body with its description in query or headers. */
async function readUpload(c: AppContext): Promise<Result<Upload>> {
  const request = c.req.raw;
  const isForm = /^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '');
  if (!isForm) {
    const { headers } = request;
    if (!request.body) return fail('invalid_request', 'The field `file` is required: as the body, or in a form.', { param: 'file' });
    const content = new Response(request.body, {
      headers: headers.has('content-length') ? { 'content-length': headers.get('content-length')! } : {},
    });
    return described(content, {
      filename: c.req.query('filename') ?? headers.get('x-filename') ?? 'file',
      contentType: c.req.query('contentType') ?? headers.get('content-type') ?? '',
      kind: c.req.query('kind') ?? headers.get('x-kind') ?? USUAL_KIND,
    });
  }
  const form = await readForm(request, c.get('gateway').settings.BODY_LIMIT_BYTES);
  if (!form.ok) {
    const { error } = form;
    return {
      ok: false,
      error: error.kind === 'body_too_large' ? { ...error, message: `${error.message} Send larger files as the body itself.` } : error,
    };
  }
  const file = form.value.find(({ name, filename }) => name === 'file' && filename !== undefined);
  if (!file) return fail('invalid_request', 'The field `file` is required.', { param: 'file' });
  const text = (name: string): string | undefined => {
    const part = form.value.find((one) => one.name === name && one.filename === undefined);
    return (part && textOf(part)) || undefined;
  };
  return described(new Response(file.bytes, { headers: { 'content-length': String(file.bytes.byteLength) } }), {
    filename: text('filename') ?? file.filename ?? 'file',
    contentType: text('contentType') ?? file.contentType,
    kind: text('kind') ?? USUAL_KIND,
  });
}

function described(
  content: Response,
  { filename, contentType, kind }: { filename: string; contentType: string; kind: string },
): Result<Upload> {
  if (!KIND.test(kind)) return fail('invalid_request', 'The field `kind` must be a short word.', { param: 'kind' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that no file name may have.
  if (filename === '' || filename.length > MAX_FILENAME_CHARS || /[\u0000-\u001f/\\]/.test(filename))
    return fail('invalid_request', 'The field `filename` must be a file name.', { param: 'filename' });
  if (contentType !== '' && !/^[\w.+-]+\/[\w.+-]+/.test(contentType))
    return fail('invalid_request', 'The field `contentType` must be a media type.', { param: 'contentType' });
  return ok({ content, filename, kind, contentType: cleanType(contentType) });
}

export const postStorage = (c: AppContext): Promise<Response> =>
  withKey(c, async ({ accountId, mode }) => {
    const idempotency = await idempotencyOf(c.req.raw.headers.get('idempotency-key'), '/v1/storage', '');
    if (!idempotency.ok) return renderError(c, idempotency.error);
    const refused = await refuseUnfunded(jobDeps(c.env), accountId);
    if (refused) return renderError(c, refused);
    const upload = await readUpload(c);
    if (!upload.ok) return renderError(c, upload.error);
    const keyHash = idempotencyIn(mode, idempotency.value)?.keyHash;
    const stored = await storeObject(jobDeps(c.env), { accountId, test: mode === 'test' }, upload.value, keyHash);
    if (!stored.ok) return renderError(c, stored.error);
    const { row, repeated } = stored.value;
    return c.json(objectView(originOf(c), row), 201, repeated ? { 'idempotent-replayed': 'true' } : {});
  });

export const getStorage = (c: AppContext): Promise<Response> =>
  withKey(c, async ({ accountId }) => {
    const { kind, before } = c.req.query();
    const count = pageSize(c, PAGE);
    if (typeof count !== 'number') return count;
    const deps = jobDeps(c.env);
    const find = async (id: string) => {
      const found = await findObject(deps, accountId, id);
      return found.ok ? found.value : undefined;
    };
    const last = before === undefined ? undefined : await placeBefore(before, find);
    if (before !== undefined && !last) return refuseQuery(c, 'before', 'the `next` of a page, or the id of a file of yours');
    const objects = await listObjects(deps, accountId, { kind, before: last, limit: count });
    const data = objects.map((object) => objectView(originOf(c), object));
    return c.json({ object: 'list', data, next: nextAfter(objects, count, momentCursor) });
  });

export const getStoredObject = (c: AppContext): Promise<Response> => withObject(c, async (row) => c.json(objectView(originOf(c), row)));

export const deleteStoredObject = (c: AppContext): Promise<Response> =>
  withObject(c, async (row, key) => {
    const refused = refuseTestKey(key, row);
    if (refused) return renderError(c, refused);
    await deleteObject(jobDeps(c.env), row);
    return c.json({ id: row.id, object: 'storage_object', deleted: true });
  });
