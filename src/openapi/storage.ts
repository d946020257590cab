/** Files: those that are kept for customers, and the results of jobs. */
import * as z from 'zod';
import { header, type Json, json, query, type Route } from './describe';
import { FAILURES, ONCE } from './errors';
import { BINARY, IDEMPOTENCY, limit } from './parts';
import { named, pageOf, time } from './schemas';

const object = named(
  'StorageObject',
  z
    .object({
      id: z.string(),
      object: z.literal('storage_object'),
      kind: z.string(),
      filename: z.string(),
      contentType: z.string(),
      size: z.int().meta({ description: 'In bytes.' }),
      url: z.string().meta({ description: 'Anybody who has the URL may read the file.' }),
      createdAt: time,
    })
    .meta({ description: 'A stored file.' }),
);
const page = named('StoragePage', pageOf(object));
const deleted = named('StorageDeleted', z.object({ id: z.string(), object: z.literal('storage_object'), deleted: z.literal(true) }));

const upload = z
  .looseObject({
    file: z.string().meta({ contentMediaType: 'application/octet-stream', format: 'binary' }),
    filename: z.string().optional(),
    contentType: z.string().optional(),
    kind: z.string().optional(),
  })
  .meta({ description: 'A form with a `file`; or the file itself as the body, described by query or headers.' });

const TEXT: Json = { type: 'string' };

const keptRoutes: Route[] = [
  {
    method: 'post',
    path: '/v1/storage',
    id: 'uploadFile',
    tag: 'Storage',
    summary: 'Store a file',
    access: 'key',
    parameters: [
      query('filename', 'Of a body that is the file itself.', TEXT),
      query('contentType', 'The same.', TEXT),
      query('kind', 'The same: a short word by which files are listed.', TEXT),
      header('x-filename', 'Instead of `filename`.'),
      header('x-kind', 'Instead of `kind`.'),
      IDEMPOTENCY,
    ],
    body: { schema: upload, types: ['multipart/form-data', 'application/octet-stream'], examples: {} },
    answers: { 201: json('The file.', object, ['idempotent-replayed']) },
    errors: [...FAILURES.write, ...ONCE, 'permission_denied', 'insufficient_credits'],
  },
  {
    method: 'get',
    path: '/v1/storage',
    id: 'listFiles',
    tag: 'Storage',
    summary: 'Files, newest first',
    access: 'key',
    parameters: [limit(200, 50), query('kind', 'Of this kind alone.', TEXT), query('before', 'The `next` of the page before.', TEXT)],
    answers: { 200: json('A page.', page) },
    errors: FAILURES.read,
  },
  {
    method: 'get',
    path: '/v1/storage/{id}',
    id: 'getStoredFile',
    tag: 'Storage',
    summary: 'A file’s metadata',
    access: 'key',
    answers: { 200: json('The file; its content is at `url`.', object) },
    errors: FAILURES.read,
  },
  {
    method: 'delete',
    path: '/v1/storage/{id}',
    id: 'deleteStoredFile',
    tag: 'Storage',
    summary: 'Delete a file',
    access: 'key',
    answers: { 200: json('It is gone.', deleted) },
    errors: [...FAILURES.read, 'permission_denied'],
  },
];

const fileRoute = (path: string, id: string, summary: string): Route => ({
  method: 'get',
  path,
  id,
  tag: 'Storage',
  summary,
  description: 'Anybody who has the URL may read it, also in parts.',
  access: 'public',
  parameters: [
    header('range', 'A part of it.'),
    header('if-range', 'The `etag` of the rest that is known.'),
    header('if-none-match', 'The `etag` that is known.'),
  ],
  answers: {
    200: { description: 'The file.', others: { '*/*': BINARY } },
    206: { description: 'The part.', others: { '*/*': BINARY } },
    304: { description: 'Not modified since the version that the client has.' },
    412: { description: 'The file is not the one that `if-match` names.' },
  },
  errors: ['not_found', 'gone', 'invalid_request', 'unavailable', 'internal'],
});

export const storageRoutes: Route[] = [
  ...keptRoutes,
  fileRoute('/media/{job}/{token}/{name}', 'getResultFile', 'A result of a job'),
  fileRoute('/storage/{id}/{token}/{name}', 'getFileContent', 'The content of a file that is kept'),
];
