/** Token counts: free, outside the hourly limits of calls, and answered by an estimate when no provider counts. */
import type { ApiKey } from '../core/api-key';
import { type GatewayError, ok, type Result, unknownKey } from '../core/errors';
import { readText } from '../core/read-bounded';
import { parseJson } from '../core/record';
import type { Dialect, TokenBridge, TokenQuestion } from '../dialects/types';
import { sandboxAnswers } from '../providers/registry';
import { authorizeKey } from './authorize-key';
import { afterConversation } from './conversation';
import { countsAnHour } from './counts-an-hour';
import type { GatewayDeps } from './deps';
import { withNamedItems } from './kept-items';
import { findModel, upstreamRequest } from './plan';
import { type Reached, targetsOf } from './reach';
import { findStoredAnswer, type StoredAnswer } from './stored-answer';

/** Not worth a long wait: clients ask for dozens at once, and an estimate will do. */
const LIMIT_MS = 10_000;

const MOST_COUNT_BYTES = 65_536;

export interface TokenRequest {
  dialect: Dialect;
  question: TokenQuestion;
  keys: readonly ApiKey[];
  origin: string | null;
  ip: string | null;
}

/** Gives the body of the answer. */
export async function countTokens(deps: GatewayDeps, { dialect, question, keys, origin, ip }: TokenRequest): Promise<Result<string>> {
  let refused: GatewayError = unknownKey().error;
  for (const key of keys) {
    const sandbox = key.mode === 'test' || sandboxAnswers(deps);
    const model = findModel(deps.registry, dialect, question.model, sandbox);
    if (!model.ok) return model;
    const targets = targetsOf(deps.registry, dialect, question, model.value, sandbox);
    const isSent = targets.length > 0 && !sandbox;
    const refusal = await authorizeKey(deps, key, { origin, ip, ...(isSent && { tokenCountsAtMost: countsAnHour(deps) }) });
    if (refusal && refusal.kind !== 'rate_limited') {
      refused = refusal;
      continue;
    }
    const found = await withEarlier(deps, key, question);
    if (!found.ok && found.error.kind === 'unavailable') return found;
    if (!found.ok) {
      refused = found.error;
      continue;
    }
    const { whole, stored } = found.value;
    const asked = whole === question ? targets : targetsOf(deps.registry, dialect, whole, model.value, sandbox);
    for (const target of refusal ? [] : asked) {
      const counted = !stored || target.provider.spec.id === stored.provider ? await ask(deps, target, stored) : undefined;
      if (counted !== undefined) return ok(counted);
    }
    return ok(question.answer(whole.estimatedTokens + (stored?.tokens ?? 0)));
  }
  return { ok: false, error: refused };
}

/** Adds what the question refers to: kept items, and the stored answer that it goes on from. */
async function withEarlier(
  deps: GatewayDeps,
  key: ApiKey,
  question: TokenQuestion,
): Promise<Result<{ whole: TokenQuestion; stored: StoredAnswer | undefined }>> {
  const { accountId } = key;
  const { continues } = question;
  const named = await withNamedItems(deps, accountId, question);
  const conversation = named.ok ? named.value.conversation : undefined;
  const whole = conversation ? await afterConversation(deps, key, conversation, false) : named;
  if (!whole.ok) return whole;
  if (!continues) return ok({ whole: whole.value, stored: undefined });
  const stored = await findStoredAnswer(deps, accountId, continues.requestId);
  if (!stored.ok) return stored;
  return stored.value ? ok({ whole: whole.value, stored: stored.value }) : { ok: false, error: continues.missing };
}

/** The provider's answer as it came, since it may hold more than the number; undefined where it gives no count. */
async function ask(deps: GatewayDeps, target: Reached<TokenBridge>, stored: StoredAnswer | undefined): Promise<string | undefined> {
  const { spec, apiKeys } = target.provider;
  const [turn = 0] = deps.health.keyOrder(spec.id, apiKeys.length, deps.now());
  const apiKey = apiKeys[stored?.keyIndex ?? turn];
  const { url, headers, body } = upstreamRequest(target, apiKey, { stream: false, moved: false, storedId: stored?.upstreamId });
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    const response = spec.serve
      ? await spec.serve({ url, headers, body, signal })
      : await deps.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    const text = await readText(response, MOST_COUNT_BYTES);
    return response.ok && text !== undefined && target.bridge.hasCount(parseJson(text)) ? text : undefined;
  } catch {
    return undefined;
  }
}
