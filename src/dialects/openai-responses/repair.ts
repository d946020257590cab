/** Repairs of a Responses body that an upstream refused. Whatever is not changed keeps its bytes. */
import { rewriteMembers, withoutMember } from '../../core/json';
import { isFilled, isRecord, parseJson, parseRecord } from '../../core/record';
import { isNamedIn } from '../named-in';
import { refusesOption, withoutSampling } from '../refused-options';
import { shortenedIds } from '../short-ids';
import { type Change, eachIn } from '../spans';
import { wholeSchemas } from '../whole-schemas';
import { withPairs } from './tool-pairs';

/**
 * Encrypted thoughts of another organization or provider: no one here can read them, and every later turn would contain
 * them. Likewise a thought whose item a client has dropped, or the other way round: https://github.com/cline/cline/issues/12242
 */
const FOREIGN_THOUGHTS = /encrypted[ _]content|item with id '?rs_\S* not found|\bprovided without its required\b/i;
/** OpenAI takes no thoughts in plain words, as open models have them: https://github.com/router-for-me/CLIProxyAPI/issues/5825 */
const PLAIN_THOUGHTS = /\binput\[\d+\]\.content'?: array too long\b[^\n]*\bmaximum length 0\b/i;
/** Item ids of another provider: https://github.com/tingly-dev/tingly-box/pull/1445 */
const FOREIGN_IDS = /\binvalid '?input\[\d+\]\.id\b/i;
/** A field that the gateway added to items from chat. */
const OWN_FIELD = 'extra_content';

/** For these the id is the content. */
const NAMED_BY_ID: ReadonlySet<unknown> = new Set(['item_reference', 'compaction', 'mcp_approval_request']);

/** An id ties an item to the thought before it, so without the thought the id must go. */
function unbound(raw: string): string | undefined {
  const item = parseJson(raw);
  if (!isRecord(item)) return raw;
  if (item.type === 'reasoning') return undefined;
  return NAMED_BY_ID.has(item.type) ? raw : withoutMember(raw, 'id');
}

/** The same, but a thought that is encrypted as well stays, without its words. */
function unspoken(raw: string): string | undefined {
  const { type, encrypted_content } = parseRecord(raw);
  return type === 'reasoning' && isFilled(encrypted_content) ? withoutMember(raw, 'content') : unbound(raw);
}

const eachItem = (body: string, change: Change): string => eachIn('input', change)(body);

/** Fields that Codex and others send to OpenAI, and that other providers of this format do not know. */
const NOTES: readonly string[] = [
  ...['client_metadata', 'access_programs', 'metadata', 'user', 'safety_identifier', 'service_tier'],
  ...['prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options'],
];
/** The same for fields of items: https://github.com/openai/codex/issues/30161 */
const ITEM_NOTES: readonly string[] = ['internal_chat_message_metadata_passthrough', 'phase', 'status'];

function withoutNotes(body: string, message: string): string {
  if (!refusesOption(message) || /\bunsupported value\b/i.test(message)) return body;
  const kept = rewriteMembers(body, (raw, key) => (NOTES.includes(key) && isNamedIn(message, key) ? undefined : raw));
  const refused = ITEM_NOTES.find((name) => new RegExp(`\\binput\\[\\d+\\]\\.${name}\\b`).test(message));
  return refused === undefined ? kept : eachItem(kept, (raw) => withoutMember(raw, refused));
}

/** The body without what was refused; undefined where that is the caller's to change. */
export function repairedResponsesBody(body: string, message: string): string | undefined {
  let repaired = wholeSchemas(withoutNotes(withoutSampling(body, message), message), message);
  if (FOREIGN_THOUGHTS.test(message) || FOREIGN_IDS.test(message)) repaired = eachItem(repaired, unbound);
  repaired = withPairs(repaired, message);
  if (PLAIN_THOUGHTS.test(message)) repaired = eachItem(repaired, unspoken);
  if (message.includes(OWN_FIELD)) repaired = eachItem(repaired, (raw) => withoutMember(raw, OWN_FIELD));
  const shortened = shortenedIds(message);
  if (shortened) repaired = eachItem(repaired, (raw) => shortened(raw, 'call_id'));
  return repaired === body ? undefined : repaired;
}
