import { rewriteMembers, setMembers } from '../core/json';
import { isOperatorsFigure } from '../core/usage';

/** An object's text without what its upstream says there that the call cost the operator. */
export const withoutOperatorsFigures = (raw: string): string =>
  rewriteMembers(raw, (value, name) => (isOperatorsFigure(name) ? undefined : value));

/** An upstream's own usage, its bytes kept, with what the call cost the client in place of what it cost the operator. */
export const withCreditsUsed = (raw: string, creditsUsed: number, more: Record<string, string> = {}): string =>
  setMembers(withoutOperatorsFigures(raw), { ...more, creditsUsed: JSON.stringify(creditsUsed) });
