/** An upstream that fails at random: each request's fate is drawn by lot, and it counts what it produced. */
import type { Reply, Seen, Step } from '../e2e/support/upstream';
import { CUT, RESET } from '../e2e/support/upstream';
import { type Format, scriptOf, streamError } from './formats';
import type { Random } from './random';

export const MARKER = /call-(\d+)-/;

/** One attempt at a call, as the upstream saw it. */
export interface Produced {
  whole: boolean;
  /** Content events that were written. */
  input: number;
  output: number;
}

type Fate = 'whole' | 'slow' | 'pause' | 'refused' | 'limited' | 'cut-early' | 'cut-late' | 'error-late' | 'reset';

const FATES: readonly Fate[] = [
  'whole',
  'whole',
  'whole',
  'whole',
  'slow',
  'pause',
  'refused',
  'limited',
  'cut-early',
  'cut-late',
  'error-late',
  'reset',
];

export class MoodyUpstream {
  /** The attempts at each call, by the call's marker. */
  readonly attempts = new Map<number, Produced[]>();

  constructor(private readonly random: Random) {}

  reply(format: Format): (seen: Seen) => Reply {
    return (seen) => {
      const call = Number(MARKER.exec(seen.body)?.[1]);
      const fate = this.random.pick(FATES);
      if (fate === 'refused') return plain(this.random.pick([500, 502, 503]), 'having a bad minute');
      if (fate === 'limited') return plain(429, 'too fast');
      const script = scriptOf(format, this.random.between(5, 500), this.random.between(3, 60));
      const produced: Produced = { whole: false, input: script.usage.input, output: script.usage.output };
      this.attempts.set(call, [...(this.attempts.get(call) ?? []), produced]);
      return { headers: { 'content-type': 'text/event-stream' }, steps: this.play(format, fate, script.events, produced) };
    };
  }

  private async *play(format: Format, fate: Fate, events: string[], produced: Produced): AsyncGenerator<Step> {
    const late = Math.max(6, Math.floor(events.length / 2));
    for (const [index, event] of events.entries()) {
      if (fate === 'cut-early' && index === 1) yield CUT;
      if (index === late && fate === 'cut-late') yield CUT;
      if (index === late && fate === 'reset') yield RESET;
      if (index === late && fate === 'error-late') {
        yield streamError(format);
        return;
      }
      if (fate === 'pause' && index === 3) yield { pauseMs: 1_500 };
      yield event;
      if (fate === 'slow' || index % 5 === 0) yield { pauseMs: this.random.between(1, 60) };
    }
    produced.whole = true;
  }
}

const plain = (status: number, message: string): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  steps: [JSON.stringify({ type: 'error', error: { type: 'api_error', message } })],
});
