/**
 * On whose behalf and for what a call is made, in its client's words. Usage can be filtered by these labels, and
 * nothing else depends on them: an unusable label is dropped and never refuses a call.
 */
import { isFilled, recordOf } from './record';

export interface Labels {
  /** A customer of our customer. */
  endUser?: string;
  tags?: readonly string[];
}

export const LONGEST_END_USER = 128;
const LONGEST_TAG = 64;
const MOST_TAGS = 10;

/** Coding agents put device and session ids in these fields, which should not be stored. */
const NAMES_A_DEVICE = /^\{|^user_.*_(?:account|session)_/;

/** The fields of a request that labels are read from. */
export const labelFieldsOf = ({ metadata, safety_identifier, user }: Readonly<Record<string, unknown>> = {}) => ({
  metadata,
  safety_identifier,
  user,
});

/**
 * Reads labels from headers and body: `x-end-user` or each format's field for it (OpenAI's `safety_identifier` and,
 * formerly, `user`; Anthropic's `metadata.user_id`); `x-tags` and `metadata.tags`, as a list or comma-separated.
 */
export function labelsOf(headers: Pick<Headers, 'get'>, fields: Readonly<Record<string, unknown>> = {}): Labels {
  const metadata = recordOf(fields.metadata);
  const { user_id: ofMessages } = metadata;
  const endUser = [headers.get('x-end-user'), fields.safety_identifier, fields.user, ofMessages].find(isFilled)?.trim();
  const tags = [...listOf(headers.get('x-tags')), ...listOf(metadata.tags)].filter(({ length }) => length > 0 && length <= LONGEST_TAG);
  const named = endUser && endUser.length <= LONGEST_END_USER && !NAMES_A_DEVICE.test(endUser);
  return {
    ...(named && { endUser: endUser.toWellFormed() }),
    ...(tags.length > 0 && { tags: [...new Set(tags)].slice(0, MOST_TAGS) }),
  };
}

function listOf(value: unknown): string[] {
  const list = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value.filter(isFilled) : [];
  return list.map((tag) => tag.trim().toWellFormed());
}
