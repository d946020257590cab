/** The body of a media request, JSON or a form: its fields and its uploads. */
import { fail, ok, type Result } from '../core/errors';
import { cleanType, fileType } from '../core/media-type';
import { textOf } from '../core/multipart';
import { isRecord, parseJson } from '../core/record';
import type { Uploads } from '../jobs/read-fields';
import type { MediaSource } from '../providers/media/types';
import { type AskFirst, NOT_JSON, readBody, readForm } from './body';

export interface MediaBody {
  fields: Record<string, unknown>;
  uploads: Uploads;
  /** Equal for equal content, for idempotency: a form's boundary differs each time it is sent. */
  fingerprint: string;
}

const FORM = /^multipart\/form-data\b/i;
/** Forms write lists as `image[]`, or as `image[0]`, `image[1]` and so on. */
const OF_A_LIST = /\[\d*\]$/;
/** And a member of an object as `input_reference[image_url]`. */
const MEMBER = /^([^[\]]+)\[([A-Za-z_]\w*)\]$/;
/** The content-type that curl sends with `-d` unless told otherwise, whatever the content. */
const CURLS_OWN = 'application/x-www-form-urlencoded';
const JSON_TYPES: readonly (string | undefined)[] = [undefined, 'application/json', 'text/plain', 'text/json', CURLS_OWN];
const unsupported = () =>
  fail('unsupported_content', 'Send the request as application/json or multipart/form-data.', { param: 'content-type' });

export async function readMediaBody(request: Request, limitBytes: number, askFirst?: AskFirst): Promise<Result<MediaBody>> {
  const contentType = request.headers.get('content-type');
  if (contentType !== null && FORM.test(contentType)) return readFormBody(request, limitBytes, askFirst);
  const type = cleanType(contentType);
  if (!JSON_TYPES.includes(type)) return unsupported();
  const body = await readBody(request, limitBytes, askFirst);
  if (!body.ok) return body;
  if (type === CURLS_OWN && !/^\s*\{/.test(body.value)) return unsupported();
  const json = parseJson(body.value);
  if (json === undefined) return fail('invalid_request', NOT_JSON);
  if (!isRecord(json)) return fail('invalid_request', 'The request body is not a JSON object.');
  return ok({ fields: json, uploads: {}, fingerprint: body.value });
}

async function readFormBody(request: Request, limitBytes: number, askFirst?: AskFirst): Promise<Result<MediaBody>> {
  const form = await readForm(request, limitBytes, askFirst);
  if (!form.ok) return form;
  // No prototype, since the sender chooses the names: `toString` must not look like a field that came before.
  const fields: Record<string, unknown> = Object.create(null);
  const uploads: Record<string, MediaSource[]> = Object.create(null);
  const prints: string[] = [];
  for (const part of form.value) {
    const { filename, bytes, contentType } = part;
    const name = part.name.replace(OF_A_LIST, '');
    if (filename === undefined) {
      const value = textOf(part);
      addField(fields, name, value);
      prints.push(`${name}=${value}`);
      continue;
    }
    if (bytes.byteLength === 0) return fail('invalid_request', `The file in the field \`${name}\` is empty.`, { param: name });
    const source: MediaSource = { bytes, contentType: fileType(bytes, contentType) };
    uploads[name] = [...(uploads[name] ?? []), source];
    prints.push(`${name}:${new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).join()}`);
  }
  return ok({ fields, uploads, fingerprint: prints.join('\n') });
}

/** A field that comes several times becomes a list. */
function addField(fields: Record<string, unknown>, name: string, value: string): void {
  const [, holder, member] = MEMBER.exec(name) ?? [];
  const held = holder === undefined ? undefined : (fields[holder] ?? (Object.create(null) as Record<string, unknown>));
  if (isRecord(held)) {
    fields[holder!] = held;
    addField(held, member!, value);
    return;
  }
  const known = fields[name];
  fields[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
}
