/**
 * A large request while its provider works on it. Its text, and what was parsed of it, would be needed again only if another
 * provider had to be asked. So they are dropped, and its bytes are kept, to be parsed once more then.
 */
import { completed } from '../core/abridged';
import type { PooledBytes } from '../core/pooled-bytes';
import type { Bridge, Call, ClientRequest, Dialect } from '../dialects/types';
import type { GatewayDeps } from './deps';
import { type Plan, type PlannedTarget, planCall, type UpstreamRequest, upstreamRequest } from './plan';

/** The part of an incoming call that it is planned and sent by. */
export interface ParkableRequest extends ClientRequest {
  dialect: Dialect;
  /** The body as it was sent, where it is worth keeping. */
  bytes?: PooledBytes | undefined;
}

export interface Parked {
  /** The first target, to which the request can be sent as it is parked. */
  target: PlannedTarget;
  requestWith(apiKey: string | undefined): UpstreamRequest<Uint8Array<ArrayBuffer>>;
  /** Gives the targets of its plan back what they were planned with. */
  takeUp(targets: readonly PlannedTarget[]): void;
  /** Nothing of it is needed any more. */
  free(): void;
}

/** What an edit of the gateway's own may add to a body. */
const MOST_ADDED_BYTES = 4_096;

const letGo = (): never => {
  throw new Error('the request was let go');
};
const LET_GO_OF_REQUEST = { request: letGo, repaired: undefined };
/** In place of a bridge that holds the request. */
export const LET_GO: Bridge = { request: letGo, readAnswer: letGo, renderAnswer: letGo };

/** What a call is waited for, priced and answered by: not its body, nor what its providers are sent. */
export function withoutRequest(call: Call): Call {
  const { openStream, model, stream, choices, maxOutputTokens, estimatedInputTokens, worstInputTokens } = call;
  const { thoughtsOff, continues, background, speaks, leastMicro } = call;
  return {
    model,
    stream,
    choices,
    maxOutputTokens,
    estimatedInputTokens,
    worstInputTokens,
    ...(thoughtsOff !== undefined && { thoughtsOff }),
    ...(speaks !== undefined && { speaks }),
    ...(continues && { continues }),
    ...(background !== undefined && { background }),
    ...(leastMicro && { leastMicro }),
    over: () => undefined,
    openStream: call.stream ? openStream : letGo,
  };
}

/** What depends on the request. Another target may serve the whole than what was planned by an abridged body; it stays empty-handed. */
function giveBack(targets: readonly PlannedTarget[], planned: readonly PlannedTarget[]): void {
  const left = new Set(planned);
  for (const target of targets) {
    const same = [...left].find(({ provider, model }) => provider === target.provider && model === target.model);
    if (!same) continue;
    left.delete(same);
    Object.assign(target, { wire: same.wire, bridge: same.bridge, other: same.other });
  }
}

/**
 * Parks a call; its plan's targets hold nothing of the request from then on. Undefined, and nothing is changed, where its
 * bytes are not at hand, or where they cannot be sent with no more than edits beside the gaps of an abridged body.
 *
 * @param call Made of the request alone, without items that it names.
 */
export function park(
  { registry }: GatewayDeps,
  { dialect, body, bytes: sent, url: askedUrl, headers }: ParkableRequest,
  call: Call,
  plan: Plan,
  sandbox: boolean,
): Parked | undefined {
  const [target] = plan.targets;
  if (!sent || !target?.bridge.answersAlone || target.provider.spec.serve) return undefined;
  if (call.background || call.continues) return undefined;
  const how = { stream: call.stream, moved: false, storedId: undefined };
  const { url, headers: unauthorized, body: text } = upstreamRequest(target, undefined, how);
  const own = text === body ? sent : completed(text, { text: body, bytes: sent.bytes }, sent.bytes.byteLength + MOST_ADDED_BYTES);
  if (!own) return undefined;
  const answering = { ...target.bridge, ...LET_GO_OF_REQUEST };
  for (const planned of plan.targets) Object.assign(planned, { bridge: planned === target ? answering : LET_GO, other: undefined });
  const free = () => {
    sent.free();
    own.free();
  };
  return {
    target,
    requestWith: (apiKey) => ({
      url,
      headers: { ...unauthorized, ...(apiKey !== undefined && target.wire.authorize(apiKey)) },
      body: own.bytes,
    }),
    takeUp(targets) {
      const parsed = dialect.parse({ body: sent.text, url: askedUrl, headers });
      const again = parsed.ok ? planCall(registry, dialect, parsed.value, sandbox) : parsed;
      if (!again.ok) throw new Error('a parked call cannot be planned again');
      giveBack(targets, again.value.targets);
      free();
    },
    free,
  };
}
