/** Answers of the Responses API that a provider keeps: fetched, deleted and canceled by id. */
import type { BackgroundMessage } from '../account/types';
import type { ApiKey } from '../core/api-key';
import { accountUnreachable, fail, type GatewayError, ok, type Result } from '../core/errors';
import { newNonce } from '../core/ids';
import { toCredits } from '../core/money';
import { readText } from '../core/read-bounded';
import { isRecord, parseJson } from '../core/record';
import { EventCutter, splitEvents } from '../core/sse';
import { openaiResponses } from '../dialects/openai-responses/dialect';
import { deltaChars } from '../dialects/openai-responses/events';
import { requestOfResponse, responseId } from '../dialects/openai-responses/ids';
import { keptEvent, keptResponse } from '../dialects/openai-responses/kept';
import { refuseKeys } from '../gateway/authorize-key';
import { giveBackConversation } from '../gateway/conversation';
import type { GatewayDeps } from '../gateway/deps';
import { Heard } from '../gateway/heard';
import { findStoredAnswer, type StoredAnswer } from '../gateway/stored-answer';
import { askOwner, type OwnersAnswer, type StoredRequest } from '../gateway/stored-request';
import { type AppContext, requestIdOf } from '../http/context';
import { gatewayDeps } from '../http/deps';
import { CALL_ENDPOINTS } from '../http/endpoints';
import { withOfferedKey } from '../http/offered-protocols';
import { renderError } from '../http/render-error';
import { requestKeys, sourceOf } from '../http/request-key';
import { serveCall } from '../http/serve-call';
import { closeCanceled, closeIfOver, keepingWire } from '../jobs/background';
import { chargeRest } from '../jobs/rest';
import { withoutSecrets } from '../providers/told';
import type { Provider } from '../providers/types';
import { listModelsOf } from './models';

const listModels = listModelsOf(openaiResponses.families);

/** Opens a WebSocket for whoever asks for one with a usable key. Everybody else gets the models, as a connectivity check. */
export async function getResponses(c: AppContext): Promise<Response> {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') return listModels(c);
  const gateway = c.get('gateway');
  const request = withOfferedKey(c.req.raw);
  const keys = await requestKeys(gateway.keys, request);
  if (!keys.ok) return renderError(c, keys.error);
  const refused = await refuseKeys(gateway, keys.value, sourceOf(request, gateway.settings));
  if (refused) return renderError(c, refused);
  const { openResponsesSocket } = await import('../live/responses-socket');
  const serve = (turn: Request, signal: () => AbortSignal) =>
    serveCall(gatewayDeps(c.env, c.executionCtx), turn, CALL_ENDPOINTS['/responses']!, newNonce(), signal);
  return openResponsesSocket(serve, c.executionCtx, request, keys.value[0]!.accountId);
}

/** The answer for an id that is not ours: an unusable key is refused first. */
async function nobodysAnswer(
  gateway: GatewayDeps,
  keys: readonly ApiKey[],
  from: Pick<StoredRequest, 'origin' | 'ip'>,
): Promise<Result<undefined>> {
  const error = await refuseKeys(gateway, keys, from);
  return error ? { ok: false, error } : ok(undefined);
}

/** A request about one answer; `action` is what follows the id in the path. */
export const storedResponse =
  (method: StoredRequest['method'], action: '' | '/cancel' | '/input_items') =>
  async (c: AppContext): Promise<Response> => {
    const gateway = c.get('gateway');
    const request = c.req.raw;
    const keys = await requestKeys(gateway.keys, request);
    if (!keys.ok) return renderError(c, keys.error);
    const id = c.req.param('id') ?? '';
    const requestId = requestOfResponse(id);
    const from = sourceOf(request, gateway.settings);
    const asked =
      requestId === undefined
        ? await nobodysAnswer(gateway, keys.value, from)
        : await askOwner(gateway, {
            method,
            requestId,
            suffix: action + queryOf(request.url),
            keys: keys.value,
            ...from,
            ...(method === 'DELETE' && { unlessUnsettled: (message) => refuseUnlessOver(gateway, message) }),
          });
    if (!asked.ok) return renderError(c, asked.error);
    if (!asked.value) return renderError(c, fail('not_found', `Response with id '${id.slice(0, 200)}' not found.`, { param: 'id' }).error);
    if (asked.value === 'forgotten') return c.json({ id, object: 'response', deleted: true });
    const { response, stored } = asked.value;
    const unnoted = action === '/cancel' ? await noteCanceled(gateway, asked.value) : undefined;
    if (unnoted) return renderError(c, unnoted);
    const names: [string, string][] = [[stored.upstreamId, id]];
    if (stored.previous) names.push([stored.previous.upstreamId, responseId(stored.previous.requestId)]);
    if (!response.ok) return refusedByOwner(c, response, gateway.registry.providers.get(stored.provider), names);
    let { body } = response;
    for (const [from, to] of names) body = body?.pipeThrough(renaming(from, to)) ?? null;
    const isAnswer = method !== 'DELETE' && action !== '/input_items';
    const cost = () => costOf(gateway, stored);
    if (isAnswer && body && EVENTS.test(response.headers.get('content-type') ?? '')) {
      // Charged before the stream begins: a client could leave before its end, where the rest would be charged.
      if (stored.cutShort) await cost();
      const heard = heardOf(gateway, stored, request.url);
      const passed = (event: string): Promise<string> => {
        heard?.hear(event, deltaChars(event));
        return keptEvent(event, cost, stored.conversationId);
      };
      return new Response(body.pipeThrough(eachEvent(passed, () => heard?.note())), { headers: { 'content-type': 'text/event-stream' } });
    }
    const text = await readText(new Response(body)).catch(() => undefined);
    if (text === undefined) return renderError(c, BROKE_OFF);
    if (!isRecord(parseJson(text))) return renderError(c, NO_ANSWER);
    return new Response(isAnswer ? await keptResponse(text, cost, stored.conversationId) : text, { headers: JSON_TYPE });
  };

/** Our own type instead of the provider's: a browser would run an HTML answer as one of our pages. */
const JSON_TYPE = { 'content-type': 'application/json' };
const EVENTS = /^text\/event-stream\b/i;

const BROKE_OFF = fail('upstream_failed', 'The provider that keeps this answer broke off in the middle of it.').error;
const NO_ANSWER = fail('upstream_failed', 'The provider that keeps this answer sent something else in its place.').error;

/** The owner's refusal in its own words, with the id by which everything here can be asked about. */
async function refusedByOwner(
  c: AppContext,
  response: Response,
  provider: Provider | undefined,
  names: readonly [string, string][],
): Promise<Response> {
  const { status } = response;
  const said = (await readText(response).catch(() => undefined)) ?? '';
  const json = parseJson(names.reduce((text, [from, to]) => text.replaceAll(from, to), provider ? withoutSecrets(said, provider) : said));
  if (!isRecord(json) || !isRecord(json.error))
    return renderError(c, fail('upstream_rejected', 'The provider that keeps this answer refused, and did not say why.', { status }).error);
  const error = { param: null, code: null, ...json.error, request_id: requestIdOf(c) };
  return new Response(JSON.stringify({ ...json, error }), { status, headers: { ...JSON_TYPE, 'x-should-retry': 'false' } });
}

/** What the answer has cost, in credits. A background answer that turns out to be over is charged now. */
async function costOf(gateway: GatewayDeps, stored: StoredAnswer): Promise<number | undefined> {
  const { costMicro, unsettled, cutShort } = stored;
  if (costMicro !== undefined && !cutShort) return toCredits(costMicro);
  try {
    if (cutShort) return toCredits(cutShort.chargedMicro + (await chargeRest(gateway, cutShort)));
    if (!unsettled) return undefined;
    if (!(await closeIfOver(gateway, unsettled))) return undefined;
    const found = await findStoredAnswer(gateway, unsettled.accountId, unsettled.holdId);
    return found.ok && found.value?.costMicro !== undefined ? toCredits(found.value.costMicro) : undefined;
  } catch (error) {
    console.error('answer not charged when it was fetched', String(error));
    return undefined;
  }
}

/** Counts what the client hears of an answer that is still to be charged. */
function heardOf(gateway: GatewayDeps, { unsettled }: StoredAnswer, url: string): Heard | undefined {
  const wire = unsettled && keepingWire(gateway.registry.providers.get(unsettled.provider));
  return wire && new Heard(gateway, unsettled, wire, Number(new URL(url).searchParams.get('starting_after')) > 0);
}

/** Rewrites each event of a stream on its way. */
function eachEvent(change: (event: string) => Promise<string>, atEnd: () => void): ReadableWritablePair<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const cutter = new EventCutter();
  const changed = async (events: string): Promise<Uint8Array> => {
    let out = '';
    for (const event of splitEvents(events)) out += await change(event);
    return encoder.encode(out);
  };
  return new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      const events = cutter.push(decoder.decode(chunk, { stream: true }));
      if (events !== '') controller.enqueue(await changed(events));
    },
    async flush(controller) {
      const rest = cutter.rest + decoder.decode();
      if (rest !== '') controller.enqueue(await changed(rest));
      atEnd();
    },
  });
}

/** A deleted answer can no longer be looked at, so a background answer must be over and charged first. */
async function refuseUnlessOver(gateway: GatewayDeps, message: BackgroundMessage): Promise<GatewayError | undefined> {
  try {
    if (await closeIfOver(gateway, message)) return undefined;
  } catch (error) {
    console.error('answer not charged before it is deleted', String(error));
    return accountUnreachable().error;
  }
  const why = 'This response is not known to be over. Cancel it first (`POST .../cancel`), or delete it when it is there.';
  return fail('conflict', why, { code: 'response_in_progress' }).error;
}

/** Gives an error when the cancellation could not be noted; to cancel once more does no harm. */
async function noteCanceled(gateway: GatewayDeps, { response, stored }: OwnersAnswer): Promise<GatewayError | undefined> {
  if (!response.ok || !stored.unsettled) return undefined;
  const json = parseJson((await readText(response.clone())) ?? '');
  if (!isRecord(json) || json.status !== 'cancelled') return undefined;
  await giveBackConversation(gateway, stored.unsettled);
  try {
    await closeCanceled(gateway, stored.unsettled);
    return undefined;
  } catch (error) {
    console.error('cancellation not noted', String(error));
    return accountUnreachable().error;
  }
}

/** The query as it came, without a key in it. */
function queryOf(url: string): string {
  const { searchParams } = new URL(url);
  searchParams.delete('key');
  const query = searchParams.toString();
  return query === '' ? '' : `?${query}`;
}

/**
 * Replaces an answer's upstream id by the client's. An id may be split between two chunks, so the end of each chunk
 * that might be the beginning of one is held back.
 */
function renaming(from: string, to: string): ReadableWritablePair<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let carry = '';
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const text = (carry + decoder.decode(chunk, { stream: true })).replaceAll(from, to);
      const keep = tornLength(text, from);
      carry = text.slice(text.length - keep);
      if (text.length > keep) controller.enqueue(encoder.encode(text.slice(0, text.length - keep)));
    },
    flush(controller) {
      const rest = (carry + decoder.decode()).replaceAll(from, to);
      if (rest !== '') controller.enqueue(encoder.encode(rest));
    },
  });
}

/** How many characters at the text's end may be the beginning of `sought`. */
function tornLength(text: string, sought: string): number {
  for (let length = Math.min(sought.length - 1, text.length); length > 0; length--)
    if (sought.startsWith(text.slice(text.length - length))) return length;
  return 0;
}
