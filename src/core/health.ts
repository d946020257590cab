/**
 * What this isolate has recently seen of each provider: a circuit breaker per provider and a pause per credential. Only
 * advice: when every provider looks broken, all are tried anyway.
 */
const WINDOW_MS = 60_000;
const MINIMUM_FAILURES = 5;
const OPEN_MS = 30_000;

interface ProviderHealth {
  windowStartMs: number;
  successes: number;
  failures: number;
  openUntilMs: number;
  probing: boolean;
}

export interface ProviderSeen {
  /** Quiet: not called within the last minute. Paused: left alone after failures. Shut: none of its keys is let in for now. */
  state: 'quiet' | 'working' | 'failing' | 'paused' | 'shut';
  successes: number;
  failures: number;
}

export class Health {
  private readonly providers = new Map<string, ProviderHealth>();
  private readonly pausedUntilMs = new Map<string, number>();
  private readonly turns = new Map<string, number>();

  /** May the provider be tried? After its pause, one call at a time probes it. */
  allows(provider: string, nowMs: number): boolean {
    const health = this.providers.get(provider);
    if (!health || health.openUntilMs === 0) return true;
    return nowMs >= health.openUntilMs && !health.probing;
  }

  begin(provider: string): void {
    const health = this.providers.get(provider);
    if (health && health.openUntilMs > 0) health.probing = true;
  }

  succeeded(provider: string, nowMs: number): void {
    const health = this.of(provider, nowMs);
    health.successes++;
    health.openUntilMs = 0;
    health.probing = false;
  }

  failed(provider: string, nowMs: number): void {
    const health = this.of(provider, nowMs);
    health.failures++;
    const broken = health.failures >= MINIMUM_FAILURES && health.failures > health.successes;
    if (health.probing || broken) health.openUntilMs = nowMs + OPEN_MS;
    health.probing = false;
  }

  /** Says nothing about the provider: the caller's own fault, or a call that was given up. */
  undecided(provider: string): void {
    const health = this.providers.get(provider);
    if (health) health.probing = false;
  }

  private of(provider: string, nowMs: number): ProviderHealth {
    let health = this.providers.get(provider);
    if (!health) {
      health = { windowStartMs: nowMs, successes: 0, failures: 0, openUntilMs: 0, probing: false };
      this.providers.set(provider, health);
    }
    if (nowMs - health.windowStartMs > WINDOW_MS) {
      health.windowStartMs = nowMs;
      health.successes = 0;
      health.failures = 0;
    }
    return health;
  }

  /** What the last minute's calls came to, for people to look at. */
  seen(provider: string, keyCount: number, nowMs: number): ProviderSeen {
    const health = this.providers.get(provider);
    const recent = health !== undefined && nowMs - health.windowStartMs <= WINDOW_MS;
    const [successes, failures] = recent ? [health.successes, health.failures] : [0, 0];
    if (health && health.openUntilMs > nowMs) return { state: 'paused', successes, failures };
    if (successes === 0 && this.isShut(provider, keyCount, nowMs)) return { state: 'shut', successes, failures };
    if (successes + failures === 0) return { state: 'quiet', successes, failures };
    return { state: failures > successes ? 'failing' : 'working', successes, failures };
  }

  private isShut(provider: string, keyCount: number, nowMs: number): boolean {
    const keys = Array.from({ length: keyCount }, (_, index) => index);
    return keyCount > 0 && keys.every((index) => this.isPaused(provider, index, nowMs));
  }

  private isPaused(provider: string, keyIndex: number, nowMs: number): boolean {
    return (this.pausedUntilMs.get(`${provider}#${keyIndex}`) ?? 0) > nowMs;
  }

  pauseKey(provider: string, keyIndex: number, untilMs: number): void {
    this.pausedUntilMs.set(`${provider}#${keyIndex}`, untilMs);
  }

  /** The order in which to try a provider's credentials: in turn, those that are paused last. */
  keyOrder(provider: string, count: number, nowMs: number): number[] {
    if (count <= 1) return count === 1 ? [0] : [];
    const turn = this.turns.get(provider) ?? 0;
    this.turns.set(provider, (turn + 1) % count);
    const order = Array.from({ length: count }, (_, i) => (turn + i) % count);
    const paused = (index: number) => this.isPaused(provider, index, nowMs);
    return [...order.filter((index) => !paused(index)), ...order.filter(paused)];
  }
}
