/**
 * Plans a call with a large body by its abridged text, so that the whole is never decoded or parsed. What cannot go that
 * way is read whole and goes on as if there had been no other text.
 */
import { whole } from '../core/abridged';
import type { ApiKey } from '../core/api-key';
import { type Labels, labelFieldsOf, labelsOf } from '../core/labels';
import type { Call } from '../dialects/types';
import type { GatewayDeps } from './deps';
import { type ParkableRequest, type Parked, park } from './parked';
import { type Plan, planCall } from './plan';

type Asked = ParkableRequest & { isAbridged?: boolean };

export interface PlannedAhead {
  parsed: { ok: true; value: Call };
  plan: Plan;
  labels: Labels;
  parked: Parked;
}

/** Can calls with these keys be planned before it is known whose they are? Several keys may make several plans, and the sandbox reads what it is sent. */
export const canPlanAhead = (keys: readonly ApiKey[]): boolean => keys.length === 1 && keys[0]!.mode === 'live';

/** The call, planned and parked. Undefined where it has to be read whole, which its body is from then on. */
export function planAhead(deps: GatewayDeps, incoming: Asked): PlannedAhead | undefined {
  if (!incoming.isAbridged) return undefined;
  const ahead = byAbridged(deps, incoming);
  if (!ahead) Object.assign(incoming, { body: incoming.bytes!.text, isAbridged: false });
  return ahead;
}

function byAbridged(deps: GatewayDeps, incoming: Asked): PlannedAhead | undefined {
  const parsed = incoming.dialect.parse(incoming);
  if (!parsed.ok) return undefined;
  const call = parsed.value;
  if (call.names || call.conversation) return undefined;
  // Where the sandbox answers, no provider can be planned.
  const planned = planCall(deps.registry, incoming.dialect, call, false);
  const parked = planned.ok ? park(deps, incoming, call, planned.value, false) : undefined;
  if (!planned.ok || !parked) return undefined;
  const { bytes } = incoming.bytes!;
  // One by one, since most have no gaps and need not be parsed again.
  const { shown = {} } = call.stream ? call : {};
  for (const [name, value] of Object.entries(shown)) shown[name] = whole(value, bytes);
  const labels = labelsOf(incoming.headers, whole(labelFieldsOf(call.fields), bytes));
  return { parsed, plan: planned.value, labels, parked };
}
