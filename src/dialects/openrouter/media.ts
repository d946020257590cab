/** What OpenRouter's requests for pictures and for films have in common. */
import { fail, ok, type Result } from '../../core/errors';
import { type Fields, isNotEmpty, isRecord } from '../../core/record';

/** For OpenRouter's own records; nobody else knows these fields. */
const OWN: ReadonlySet<string> = new Set(['provider', 'session_id', 'trace', 'user']);

/** The request without fields that are for OpenRouter alone. */
export function plainFields(fields: Fields): Result<Fields> {
  if (isNotEmpty(fields.provider))
    return fail('invalid_request', 'The field `provider` is not served here: who makes it is for the catalogue to say. Leave it out.', {
      param: 'provider',
      code: 'unsupported_parameter',
    });
  return ok(Object.fromEntries(Object.entries(fields).filter(([name]) => !OWN.has(name))));
}

/**
 * The address in a part such as `{"type": "image_url", "image_url": {"url": "..."}}`. A part without one stays as it is, and
 * is refused where addresses are read: what is made without the picture that was given would be paid for all the same.
 */
export function addressIn(part: unknown): unknown {
  const held = isRecord(part) ? (part.image_url ?? part) : part;
  return isRecord(held) ? (held.url ?? held) : held;
}

/** The addresses in a list of parts, or in a single one. */
export const addressesIn = (parts: unknown): unknown => (Array.isArray(parts) ? parts.map(addressIn) : addressIn(parts));
