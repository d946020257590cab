/**
 * Answers that a provider works on in the background: polled until they are there, then charged. Each look queues the
 * next one before it is acknowledged, so the chain breaks only where the queue fails. The hold's lease lasts for many
 * looks, and a late charge corrects a hold that expired.
 */
import type { AccountStub } from '../account/stub';
import type { BackgroundMessage } from '../account/types';
import { type ConversationRef, type ConversationStub, finishWith, isUnderWay, operationFinder } from '../conversations/stub';
import { parseOperationId } from '../core/ids';
import { type MicroCredits, priceOfUsage, tokenCostMicro, withoutLesserBills } from '../core/money';
import { readText } from '../core/read-bounded';
import { isRecord, parseJson } from '../core/record';
import { HOUR_MS } from '../core/time';
import { isPlausible, NO_USAGE, withWork } from '../core/usage';
import { tokensOfChars } from '../dialects/estimate-tokens';
import { answeredItems, itemOf } from '../dialects/openai-responses/conversation';
import type { Registry } from '../providers/registry';
import type { Provider, Wire } from '../providers/types';

export interface BackgroundDeps {
  account: (accountId: string) => AccountStub;
  conversation: (ref: ConversationRef) => ConversationStub;
  registry: Registry;
  background: Pick<Queue<BackgroundMessage>, 'send'>;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  now: () => number;
}

const LOOK_TIMEOUT_MS = 30_000;
const LEASE_MS = 900_000;
/** Looks come every two seconds at first, and later after a tenth of the time that has passed. */
const FIRST_DELAY_SECONDS = 2;
const LONGEST_DELAY_SECONDS = 60;
/**
 * No answer takes longer, even if it is fetched within the eight hours of `background_options`
 * (https://platform.openai.com/docs/api-reference/responses/create), so by then the provider has forgotten it.
 */
const GIVE_UP_MS = 9 * HOUR_MS;
/** A provider that does not know an answer yet may know it a moment later, and bill it. */
const BELIEVED_MISSING_MS = 120_000;

type Stored = Omit<NonNullable<ReturnType<NonNullable<Wire['stored']>['read']>>, 'pending'>;
/** `text` is the answer as its provider gave it. */
type Look = { state: 'pending' } | { state: 'missing' } | ({ state: 'done'; text: string } & Stored);

/** How long to wait before the next look. */
function delaySeconds(elapsedMs: number): number {
  return Math.min(LONGEST_DELAY_SECONDS, Math.max(FIRST_DELAY_SECONDS, Math.floor(elapsedMs / 10_000)));
}

export async function lookAfter(deps: BackgroundDeps, message: BackgroundMessage): Promise<void> {
  const state = await lookOnce(deps, message);
  if (state === 'over') return;
  const { missingSinceMs = deps.now(), ...known } = message;
  const next = state === 'missing' ? { ...known, missingSinceMs } : known;
  await deps.background.send(next, { delaySeconds: delaySeconds(deps.now() - message.startedAtMs) });
  await renew(deps, message);
}

/** A look that charges an answer if it is over. False while it is not, or when the provider cannot say. */
export const closeIfOver = async (deps: BackgroundDeps, message: BackgroundMessage): Promise<boolean> =>
  (await lookOnce(deps, message)) === 'over';

/**
 * For an answer that its provider canceled. The receipt notes that, since a provider that keeps nothing of it must be
 * told in later requests.
 */
export async function closeCanceled(deps: BackgroundDeps, message: BackgroundMessage): Promise<void> {
  if (deps.registry.providers.get(message.provider)?.spec.canceledQuery === undefined) return;
  await closeIfOver(deps, { ...message, detail: { ...message.detail, canceled: true } });
}

async function lookOnce(deps: BackgroundDeps, message: BackgroundMessage): Promise<'pending' | 'missing' | 'over'> {
  const provider = deps.registry.providers.get(message.provider);
  const wire = keepingWire(provider);
  const look: Look | undefined = provider && wire && (await lookAt(deps, provider, wire, message));
  const givenUp = !look || deps.now() - message.startedAtMs >= GIVE_UP_MS;
  const believed = deps.now() - (message.missingSinceMs ?? deps.now()) >= BELIEVED_MISSING_MS;
  if (!givenUp && (look.state === 'pending' || (look.state === 'missing' && !believed))) return look.state;
  await close(deps, message, look, provider, wire);
  return 'over';
}

/** Failures are ignored: the next look is already queued, and a thrown error would start a second chain of looks. */
async function renew({ account }: BackgroundDeps, { accountId, holdId, heardMicro = 0 }: BackgroundMessage): Promise<void> {
  try {
    await account(accountId).beat({ holdId, checkpointMicro: heardMicro, leaseMs: LEASE_MS });
  } catch (error) {
    console.error('hold not renewed', String(error));
  }
}

/** The wire by which a provider reports on the answers that it keeps. */
export const keepingWire = (provider: Provider | undefined): Wire | undefined => provider?.spec.wires.find(({ stored }) => stored);

const NOT_THERE = [404, 410];

/** Tries each of the provider's credentials, since an answer belongs to the one that it was asked for with. */
export async function lookAt(
  deps: BackgroundDeps,
  { spec, baseUrl, apiKeys }: Provider,
  wire: Wire,
  { storedId, detail }: Pick<BackgroundMessage, 'storedId' | 'detail'>,
): Promise<Look> {
  const query = detail.canceled === true && spec.canceledQuery ? `?${spec.canceledQuery}` : '';
  const url = baseUrl + wire.stored!.path(storedId) + query;
  let known: Look = { state: 'missing' };
  for (const apiKey of apiKeys.length > 0 ? apiKeys : [undefined]) {
    const headers = { ...wire.headers, ...spec.headers, ...(apiKey !== undefined && wire.authorize(apiKey)) };
    const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
    try {
      const response = spec.serve
        ? await spec.serve({ url, method: 'GET', headers, body: '', signal })
        : await deps.fetch(url, { headers, redirect: 'manual', signal });
      const text = (await readText(response)) ?? '';
      const json = parseJson(text);
      const read = wire.stored!.read(json);
      if (response.ok && read) return read.pending ? { state: 'pending' } : { state: 'done', text, ...read };
      // Only a plain 404 in JSON means that it is not there. A web page in its place, or a disabled credential, says
      // nothing.
      if (!NOT_THERE.includes(response.status) || json === undefined) known = { state: 'pending' };
    } catch {
      known = { state: 'pending' };
    }
  }
  return known;
}

/** The client may have heard more of it since it was handed over: see `Heard`. */
async function heardOf(
  account: BackgroundDeps['account'],
  { accountId, holdId, heardMicro = 0 }: BackgroundMessage,
): Promise<MicroCredits> {
  const ref = parseOperationId(holdId);
  const operation = ref && (await account(accountId).operation(ref.month, ref.seq));
  const note = operation?.id === holdId ? operation.detail.background : undefined;
  return isRecord(note) && typeof note.heardMicro === 'number' ? Math.max(heardMicro, note.heardMicro) : heardMicro;
}

/**
 * The conversation gets what was said and answered before the answer is charged: whoever does so next would not know that
 * it lacks them. Of a call that is closed it has all that it will have.
 */
async function addToConversation(
  { account, conversation }: BackgroundDeps,
  { accountId, holdId, free, detail }: BackgroundMessage,
  text: string,
): Promise<void> {
  if (typeof detail.conversation !== 'string') return;
  const items = answeredItems(text)?.map(itemOf);
  if (!items || !(await isUnderWay(operationFinder({ account }, accountId), holdId))) return;
  const ref = { accountId, isTest: free, id: detail.conversation };
  const added = await finishWith(() => conversation(ref), holdId, items);
  if (added.refused) console.error('answer not added to its conversation', JSON.stringify({ holdId, refused: added.refused }));
}

/**
 * Charges what the provider reports. An answer that never came, or is empty, costs only what the client heard of it; a
 * failed one is free, as every failed generation is.
 */
async function close(
  deps: BackgroundDeps,
  message: BackgroundMessage,
  look: Look | undefined,
  provider: Provider | undefined,
  wire: Wire | undefined,
): Promise<void> {
  const { accountId, holdId, price, estimatedInputTokens, free, startedAtMs, detail, idempotency } = message;
  const { account, now } = deps;
  const done = look?.state === 'done' ? look : undefined;
  const found = done?.hasOutput && !done.failed ? done : undefined;
  if (found) await addToConversation(deps, message, found.text);
  const counted = wire?.readUsage(found?.usage, provider!.spec);
  const reported = counted && isPlausible(counted, 1) ? counted : undefined;
  const tokens = reported ?? (found && { ...NO_USAGE, inputTokens: estimatedInputTokens, outputTokens: tokensOfChars(found.outputChars) });
  const usage = tokens && withoutLesserBills(withWork(tokens, found?.work), price);
  const leastMicro = reported || done?.failed ? 0 : await heardOf(account, message);
  const owedMicro = Math.max(leastMicro, usage ? tokenCostMicro(usage, price) : 0);
  const ending = !done || done.failed ? 'upstream_failed' : usage ? 'complete' : 'empty';
  const closed = await account(accountId).settle({
    holdId,
    costMicro: free ? 0 : owedMicro,
    outcome: reported ? 'actual' : usage || owedMicro > 0 ? 'estimated' : 'released',
    detailJson: JSON.stringify({
      ...detail,
      ...(usage && { price: priceOfUsage(price, usage) }),
      ending,
      usage: usage ?? null,
      latencyMs: now() - startedAtMs,
    }),
    ...(idempotency && { idempotency }),
  });
  // Looked at again until that one is over.
  if (!closed.ok && closed.reason === 'undecided') throw new Error('another call with its idempotency key is under way');
}
