import { rewriteMembers, setMembers } from '../core/json';
import { isOperatorsFigure } from '../core/usage';

/** An object's text without figures of what the call cost the operator. */
export const withoutOperatorsFigures = (raw: string): string =>
  rewriteMembers(raw, (value, name) => (isOperatorsFigure(name) ? undefined : value));

/** The upstream's own usage, byte for byte, but with the client's cost instead of the operator's. */
export const withCreditsUsed = (raw: string, creditsUsed: number, more: Record<string, string> = {}): string =>
  setMembers(withoutOperatorsFigures(raw), { ...more, creditsUsed: JSON.stringify(creditsUsed) });
