/** Token counts: free, in no hourly window of calls, and never an error for want of an upstream. */
import type { ApiKey } from '../core/api-key';
import { fail, type GatewayError, ok, type Result } from '../core/errors';
import { HOURLY_LIMITS, SENT_TIMES } from '../core/family';
import { parseJson } from '../core/record';
import type { Dialect, TokenBridge, TokenQuestion } from '../dialects/types';
import { authorizeKey } from './authorize-key';
import type { GatewayDeps } from './deps';
import { findModel, upstreamRequest } from './plan';
import { type Reached, targetsOf } from './reach';
import { sandboxAnswers } from './sandbox';

/** A count is only worth a short wait: clients ask for dozens at once, and an estimate will do. */
const LIMIT_MS = 10_000;

export interface TokenRequest {
  dialect: Dialect;
  question: TokenQuestion;
  keys: readonly ApiKey[];
  origin: string | null;
  ip: string | null;
}

/** The answer's body. */
export async function countTokens(deps: GatewayDeps, { dialect, question, keys, origin, ip }: TokenRequest): Promise<Result<string>> {
  let refused: GatewayError = fail('invalid_key', 'This API key does not exist.').error;
  for (const key of keys) {
    const sandbox = key.mode === 'test' || sandboxAnswers(deps);
    const model = findModel(deps.registry, dialect, question.model, sandbox);
    if (!model.ok) return model;
    const targets = targetsOf(deps.registry, dialect, question, model.value, sandbox);
    const isSent = targets.length > 0 && !sandbox;
    const refusal = await authorizeKey(deps, key, { origin, ip, ...(isSent && { tokenCountsAtMost: countsAnHour(deps) }) });
    if (refusal?.kind === 'rate_limited') return ok(question.answer(question.estimatedTokens));
    if (refusal) {
      refused = refusal;
      continue;
    }
    for (const target of targets) {
      const counted = await ask(deps, target);
      if (counted !== undefined) return ok(counted);
    }
    return ok(question.answer(question.estimatedTokens));
  }
  return { ok: false, error: refused };
}

/** What providers are asked for an hour and user; from then on an estimate has to do. Clients ask for many a call. */
const countsAnHour = ({ hourlyLimits }: GatewayDeps): number => SENT_TIMES * Math.max(hourlyLimits.chat ?? 0, HOURLY_LIMITS.chat);

/** The upstream's answer, which may say more than a number; undefined when it gives none. */
async function ask(deps: GatewayDeps, target: Reached<TokenBridge>): Promise<string | undefined> {
  const { spec, apiKeys } = target.provider;
  const [keyIndex = 0] = deps.health.keyOrder(spec.id, apiKeys.length, deps.now());
  const { url, headers, body } = upstreamRequest(target, apiKeys[keyIndex], { stream: false, moved: false, storedId: undefined });
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    const response = spec.serve
      ? await spec.serve({ url, headers, body, signal })
      : await deps.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    const text = await response.text();
    return response.ok && target.bridge.hasCount(parseJson(text)) ? text : undefined;
  } catch {
    return undefined;
  }
}
