/** Requests about an answer that a provider keeps: passed to that provider and no other. */
import type { BackgroundMessage } from '../account/types';
import type { ApiKey } from '../core/api-key';
import { fail, type GatewayError, ok, type Result, unknownKey } from '../core/errors';
import { refuseTestKey } from '../core/test-key';
import type { Provider, Wire } from '../providers/types';
import { authorizeKey } from './authorize-key';
import type { GatewayDeps } from './deps';
import { forgetAnswer } from './forget-answer';
import { findStoredAnswer, type StoredAnswer } from './stored-answer';

/** The owner's refusals that mean the request, not a missing answer: for example, to cancel what is over. */
const REFUSALS: ReadonlySet<number> = new Set([400, 409, 422]);

export interface StoredRequest {
  method: 'GET' | 'DELETE' | 'POST';
  /** The id of the request that left the answer. */
  requestId: string;
  /** What follows the answer's path: `/cancel`, `?include[]=...`. */
  suffix: string;
  keys: readonly ApiKey[];
  origin: string | null;
  ip: string | null;
  /** Called first where the answer has still to be charged; an error that it gives is the refusal. */
  unlessUnsettled?: (message: BackgroundMessage) => Promise<GatewayError | undefined>;
}

export interface OwnersAnswer {
  response: Response;
  stored: StoredAnswer;
}

/**
 * The owner's answer; undefined where the account left no such answer, or its owner has forgotten it. What the gateway
 * keeps of an answer is deleted with it, and is `forgotten` where that is all there is.
 */
export async function askOwner(deps: GatewayDeps, request: StoredRequest): Promise<Result<OwnersAnswer | 'forgotten' | undefined>> {
  let refused: GatewayError | undefined = unknownKey().error;
  for (const key of request.keys) {
    const refusal = await authorizeKey(deps, key, request);
    if (refusal) {
      refused &&= refusal;
      continue;
    }
    refused = undefined;
    const found = await findStoredAnswer(deps, key.accountId, request.requestId);
    if (!found.ok) return found;
    const stored = found.value;
    const mayNot = stored && request.method !== 'GET' ? refuseTestKey(key, stored) : undefined;
    if (mayNot) {
      refused = mayNot;
      continue;
    }
    const provider = stored && deps.registry.providers.get(stored.provider);
    const wire = provider?.spec.wires.find((spoken) => spoken.stored);
    const unsettled = wire && stored?.unsettled && (await request.unlessUnsettled?.(stored.unsettled));
    if (unsettled) return { ok: false, error: unsettled };
    const forgets = request.method === 'DELETE' && (stored || key.mode === 'live');
    const forgotten = forgets ? await forgetAnswer(deps, key.accountId, request.requestId, stored !== undefined) : ok(false);
    if (!forgotten.ok) return forgotten;
    const response =
      stored && provider && wire && (await askKeeper(deps, provider, wire, stored.upstreamId, suffixed(request, provider, stored)));
    if (response === 'unreachable') return fail('upstream_failed', 'The provider that keeps this answer could not be reached.');
    if (response) return ok({ response, stored });
    if (forgotten.value) return ok('forgotten');
  }
  return refused ? { ok: false, error: refused } : ok(undefined);
}

/** A provider that keeps nothing of what it has canceled must be told that it has. */
function suffixed({ method, suffix }: StoredRequest, { spec: { canceledQuery } }: Provider, { canceled }: StoredAnswer) {
  return { method, suffix: canceled && canceledQuery ? `${suffix}${suffix.includes('?') ? '&' : '?'}${canceledQuery}` : suffix };
}

/** Tries each of the provider's credentials, since an answer belongs to the one that it was asked for with. */
export async function askKeeper(
  deps: Pick<GatewayDeps, 'fetch' | 'settings'>,
  { spec, baseUrl, apiKeys }: Provider,
  wire: Wire,
  upstreamId: string,
  { method, suffix }: Pick<StoredRequest, 'method' | 'suffix'>,
): Promise<Response | 'unreachable' | undefined> {
  const url = baseUrl + wire.stored!.path(upstreamId) + suffix;
  let last: 'unreachable' | undefined;
  for (const apiKey of apiKeys.length > 0 ? apiKeys : [undefined]) {
    const headers = { ...wire.headers, ...spec.headers, ...(apiKey !== undefined && wire.authorize(apiKey)) };
    const abort = new AbortController();
    const { signal } = abort;
    // Only until the answer begins: a stream goes on for as long as the model does.
    const timer = setTimeout(() => abort.abort(), deps.settings.FIRST_BYTE_TIMEOUT_MS);
    try {
      const response = spec.serve
        ? await spec.serve({ url, method, headers, body: '', signal })
        : await deps.fetch(url, { method, headers, redirect: 'manual', signal });
      if (response.ok || REFUSALS.has(response.status)) return response;
      if (response.status >= 500 || response.status === 429) last = 'unreachable';
      await response.body?.cancel();
    } catch {
      last = 'unreachable';
    } finally {
      clearTimeout(timer);
    }
  }
  return last;
}
