/**
 * What a connection has under way, and what it has come to. The platform shows nobody how much of what was sent a client has
 * still to read, and holds it in memory for as long as it takes, so all that is sent has a bound (decision 19).
 */

/** A request of a Worker may make 10,000 requests of its own; a turn makes some five, and more where providers fail. */
export const MOST_MESSAGES = 400;
export const MOST_SENT_CHARS = 64_000_000;
/** Turns that run or wait. */
const MOST_AT_ONCE = 16;
/** The same, but for one that is alone. All that an isolate serves shares its memory. */
const MOST_CHARS_AT_ONCE = 32_000_000;
/** Its client runs tools, or its user reads. After that it only takes memory from others. */
const MOST_IDLE_MS = 600_000;

export class SocketLoad {
  private messages = 0;
  private sentChars = 0;
  private turns = 0;
  private chars = 0;
  private lastEndMs: number;

  constructor(private readonly now: () => number = Date.now) {
    this.lastEndMs = now();
  }

  /** Every message counts to which something is said, since a refusal is longer than what it refuses may be. */
  heard(): void {
    this.messages++;
  }

  sent(text: string): void {
    this.sentChars += text.length;
  }

  /** It takes no more turns. */
  get isUsedUp(): boolean {
    return this.messages > MOST_MESSAGES || this.sentChars > MOST_SENT_CHARS;
  }

  /** Its client was told so for every turn that may have been on the way. */
  get isDeaf(): boolean {
    return this.messages >= MOST_MESSAGES + MOST_AT_ONCE;
  }

  hasRoomFor(chars: number): boolean {
    return this.turns === 0 || (this.turns < MOST_AT_ONCE && this.chars + chars <= MOST_CHARS_AT_ONCE);
  }

  begin(chars: number): void {
    this.turns++;
    this.chars += chars;
  }

  end(chars: number): void {
    this.turns--;
    this.chars -= chars;
    this.lastEndMs = this.now();
  }

  get isIdle(): boolean {
    return this.turns === 0;
  }

  /** Is a next turn likely, with none under way? */
  get isBetweenTurns(): boolean {
    return this.isIdle && this.now() - this.lastEndMs < MOST_IDLE_MS;
  }
}
