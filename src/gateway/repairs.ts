import { refusesNames, type ShortNames, shortNames } from '../dialects/short-names';
import type { Bridge } from '../dialects/types';
import type { PlannedTarget } from './plan';

/** Providers name one field at a time, so a call may have to be mended several times. */
const REPAIRS_PER_TARGET = 3;

interface Repaired {
  bridge: Bridge;
  /** Of tools, where the target refused the client's. */
  names?: ShortNames | undefined;
  refusals: readonly string[];
}

/** For each target what it refused of the call, and the call without that. */
export class Repairs {
  private readonly made = new Map<PlannedTarget, Repaired>();

  of(target: PlannedTarget): Omit<Repaired, 'refusals'> {
    return this.made.get(target) ?? { bridge: target.bridge };
  }

  /** Mends the call where its dialect can; never twice for the same refusal. */
  mend(target: PlannedTarget, message: string): boolean {
    const { bridge: refused, names, refusals } = this.made.get(target) ?? { bridge: target.bridge, refusals: [] };
    if (refusals.length >= REPAIRS_PER_TARGET || refusals.includes(message)) return false;
    const bridge = refused.repaired?.(message);
    const short = names ?? (refusesNames(message) ? shortNames(refused.request({ model: target.model, moved: false }).body) : undefined);
    if (!bridge && short === names) return false;
    this.made.set(target, { bridge: bridge ?? refused, names: short, refusals: [...refusals, message] });
    return true;
  }

  clear(): void {
    this.made.clear();
  }
}
