import { isFilled } from '../../core/record';

/** A tool call as far as a stream has told of it. */
export interface BegunCall {
  id?: string | undefined;
  /** The upstream's number for it. */
  index?: unknown;
}

interface CallDelta {
  id?: unknown;
  index?: unknown;
  function?: unknown;
}

/** Of a function that takes nothing: the field may be left out in other formats, and some upstreams of chat want it. */
export const NO_PARAMETERS: Record<string, unknown> = { type: 'object', properties: {} };

/** Arguments as text: some upstreams send them as an object. */
export const argumentsOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'object' && value !== null ? JSON.stringify(value) : '';

const namesFunction = ({ function: called }: CallDelta): boolean =>
  typeof called === 'object' && called !== null && 'name' in called && isFilled(called.name);

/**
 * To which of the calls that have begun a delta belongs; their number where it begins another. By its index, but for
 * upstreams that give all calls the same one, or none: there another id beside a name is another call. An id alone
 * is not, as some upstreams make a new one for each delta.
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
