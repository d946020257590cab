/**
 * Counts what a client hears of a background answer by fetching its stream. Should the answer then be canceled or fail,
 * this is the only measure of what to charge.
 */
import type { BackgroundMessage } from '../account/types';
import { type MicroCredits, tokenCostMicro } from '../core/money';
import { NO_USAGE, withWork } from '../core/usage';
import { tokensOfChars } from '../dialects/estimate-tokens';
import type { Wire } from '../providers/types';
import type { GatewayDeps } from './deps';
import { ShownWork } from './shown-work';
import { noteOf } from './stored-answer';

/** Each note writes a row of the account. */
const NOTED_EVERY_MS = 2_000;
const LEASE_MS = 90_000;

export class Heard {
  private chars = 0;
  private notedAtMs = Number.NEGATIVE_INFINITY;
  private notedMicro: MicroCredits;
  private readonly shown: ShownWork;

  /** @param goesOn The client resumes the stream after what it has heard before. */
  constructor(
    private readonly deps: Pick<GatewayDeps, 'account' | 'now' | 'waitUntil'>,
    private readonly message: BackgroundMessage,
    wire: Wire,
    private readonly goesOn: boolean,
  ) {
    this.notedMicro = message.heardMicro ?? 0;
    this.shown = new ShownWork(wire);
  }

  hear(event: string, chars: number): void {
    this.chars += chars;
    this.shown.hear(event);
    if (this.deps.now() - this.notedAtMs >= NOTED_EVERY_MS) this.note();
  }

  /** Puts it on the receipt, where whoever charges the answer finds it. */
  note(): void {
    const heardMicro = this.heardMicro();
    if (heardMicro <= this.notedMicro) return;
    this.notedAtMs = this.deps.now();
    this.notedMicro = heardMicro;
    const { accountId, holdId } = this.message;
    const beat = { holdId, checkpointMicro: heardMicro, leaseMs: LEASE_MS, note: noteOf({ ...this.message, heardMicro }) };
    const noted = this.deps.account(accountId).beat(beat);
    this.deps.waitUntil(noted.catch((error: unknown) => console.error('not noted what was heard', String(error))));
  }

  private heardMicro(): MicroCredits {
    const { heardMicro: beforeMicro = 0, estimatedInputTokens, price } = this.message;
    if (this.chars === 0 && this.shown.work.size === 0) return beforeMicro;
    const isRest = this.goesOn && beforeMicro > 0;
    const tokens = { ...NO_USAGE, inputTokens: isRest ? 0 : estimatedInputTokens, outputTokens: tokensOfChars(this.chars) };
    const pieceMicro = tokenCostMicro(withWork(tokens, this.shown.work), price);
    return isRest ? beforeMicro + pieceMicro : Math.max(beforeMicro, pieceMicro);
  }
}
