import { newToken } from '../../core/ids';
import { isFilled } from '../../core/record';

/** A tool call as far as a stream has shown it. */
export interface BegunCall {
  id?: string | undefined;
  /** The upstream's index for it. */
  index?: unknown;
}

interface CallDelta {
  id?: unknown;
  index?: unknown;
  function?: unknown;
}

/** For a function without parameters: other formats allow leaving the field out, some chat upstreams do not. */
export const NO_PARAMETERS: Record<string, unknown> = { type: 'object', properties: {} };

/** Arguments as text; some upstreams send an object. */
export const argumentsOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'object' && value !== null ? JSON.stringify(value) : '';

const namesFunction = ({ function: called }: CallDelta): boolean =>
  typeof called === 'object' && called !== null && 'name' in called && isFilled(called.name);

/**
 * Which of the calls begun so far a delta belongs to, or the number of calls if it begins another. The index decides,
 * except with upstreams that give all calls the same one or none: there a new id beside a name is a new call. A new id
 * alone is not, since some upstreams make one for each delta.
 */
export function callPosition(calls: readonly BegunCall[], delta: CallDelta): number {
  const begins = namesFunction(delta);
  const id = isFilled(delta.id) ? delta.id : undefined;
  const index = typeof delta.index === 'number' ? delta.index : undefined;
  const known = id === undefined ? -1 : calls.findIndex((call) => call.id === id && (index === undefined || call.index === index));
  if (known >= 0) return known;
  if (index === undefined) return begins || calls.length === 0 ? calls.length : calls.length - 1;
  const isAnother = (call: BegunCall): boolean => begins && id !== undefined && call.id !== undefined;
  const open = calls.findLastIndex((call) => call.index === index && !isAnother(call));
  return open < 0 ? calls.length : open;
}

/** An id for a call whose own is none that clients take; some upstreams give a number. Undefined where it is good. */
export function missingId(id: unknown): string | undefined {
  if (isFilled(id)) return undefined;
  return typeof id === 'number' ? String(id) : `call_${newToken()}`;
}
