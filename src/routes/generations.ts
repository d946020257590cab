import { shownDetail } from '../account/shown-detail';
import type { Operation } from '../account/types';
import { findOperation } from '../console/ledger';
import type { ApiKey } from '../core/api-key';
import { accountUnreachable, fail, ok, type Result, unknownKey } from '../core/errors';
import { parseOperationId } from '../core/ids';
import { toCredits, toUsd } from '../core/money';
import { isRecord } from '../core/record';
import { isoOrNull } from '../core/time';
import { type GenerationFacts, openrouterGeneration } from '../dialects/openrouter/generation';
import type { AppContext } from '../http/context';
import { renderError } from '../http/render-error';
import { requestKeys, sourceOf } from '../http/request-key';

function generationView(operation: Operation) {
  const { id, model, endpoint, state, amountMicro, heldMicro, openedAtMs, closedAtMs, outcome, detail } = operation;
  return {
    id,
    object: 'generation',
    model,
    endpoint,
    state,
    outcome,
    test: operation.test,
    creditsUsed: state === 'open' ? 0 : toCredits(0 - amountMicro),
    creditsHeld: toCredits(heldMicro),
    createdAt: new Date(openedAtMs).toISOString(),
    endedAt: isoOrNull(closedAtMs),
    ...shownDetail(detail),
  };
}

/** A request's receipt: attempts, usage, price and charge, so that the key's owner can recompute the charge. */
export async function getGeneration(c: AppContext): Promise<Response> {
  const found = await findGeneration(c);
  return found.ok ? c.json(generationView(found.value)) : renderError(c, found.error);
}

/** The same in the form of OpenRouter's API. */
export async function getOpenrouterGeneration(c: AppContext): Promise<Response> {
  const found = await findGeneration(c, c.req.query('id') ?? '');
  return found.ok ? c.json({ data: openrouterGeneration(factsOf(found.value)) }) : renderError(c, found.error);
}

function factsOf({ id, model, openedAtMs, amountMicro, state, detail }: Operation): GenerationFacts {
  return {
    id,
    model,
    openedAtMs,
    costUsd: state === 'open' ? 0 : toUsd(0 - amountMicro),
    stream: detail.stream === true,
    provider: typeof detail.provider === 'string' ? detail.provider : null,
    ending: typeof detail.ending === 'string' ? detail.ending : null,
    latencyMs: typeof detail.latencyMs === 'number' ? detail.latencyMs : null,
    usage: isRecord(detail.usage) ? (detail.usage as Record<string, number>) : null,
  };
}

/** A resumable stream after its first `after` events, and as it goes on. */
export async function getGenerationStream(c: AppContext): Promise<Response> {
  const found = await findGeneration(c);
  if (!found.ok) return renderError(c, found.error);
  const { id } = found.value;
  const after = c.req.query('after') ?? '0';
  if (!/^\d{1,9}$/.test(after)) return renderError(c, fail('invalid_request', '`after` is a number of events.', { param: 'after' }).error);
  const stream = c.env.LIVE_STREAM.getByName(parseOperationId(id)!.nonce);
  return stream.fetch(`https://live.invalid/?id=${encodeURIComponent(id)}&after=${after}`);
}

async function findGeneration(c: AppContext, id = c.req.param('id') ?? ''): Promise<Result<Operation>> {
  const read = await requestKeys(c.get('gateway').keys, c.req.raw);
  if (!read.ok) return read;
  try {
    return await find(c, read.value, id);
  } catch (error) {
    console.error('generation not read', String(error));
    return accountUnreachable();
  }
}

async function find(c: AppContext, keys: readonly ApiKey[], id: string): Promise<Result<Operation>> {
  const { account, settings } = c.get('gateway');
  let refusal = unknownKey().error;
  for (const { accountId, keyId, secretHash } of keys) {
    const scope = { keyId, secretHash, ...sourceOf(c.req.raw, settings) };
    const refused = await account(accountId).authorize(scope);
    if (refused) {
      refusal = refused;
      continue;
    }
    const operation = await findOperation({ db: c.env.DB, files: c.env.FILES, account }, accountId, id);
    if (operation && operation.kind !== 'grant') return ok(operation);
    refusal = fail('not_found', 'There is no such generation.').error;
  }
  return { ok: false, error: refusal };
}
