/**
 * What was said on a connection up to its latest answers, so that turns can go on from them though nobody stores them. It
 * is gone with the connection, and kept only as far as there is room: clients that are told so send the whole input.
 */

/** Turns go on from the latest answer, or fork off from one shortly before. */
const MOST_ANSWERS = 4;
const MOST_CHARS = 4_000_000;
/** All connections of an isolate share its 128 MB. */
const MOST_CHARS_OF_ALL = 24_000_000;

let charsOfAll = 0;

export class SaidBefore {
  private readonly said = new Map<string, string>();
  private chars = 0;

  find(answerId: string): string | undefined {
    return this.said.get(answerId);
  }

  keep(answerId: string, said: string): void {
    this.forget(answerId);
    while (this.said.size > 0 && (this.said.size >= MOST_ANSWERS || this.chars + said.length > MOST_CHARS))
      this.forget(this.said.keys().next().value!);
    if (said.length > MOST_CHARS || charsOfAll + said.length > MOST_CHARS_OF_ALL) return;
    this.said.set(answerId, said);
    this.count(said.length);
  }

  clear(): void {
    for (const answerId of [...this.said.keys()]) this.forget(answerId);
  }

  private forget(answerId: string): void {
    const known = this.said.get(answerId);
    if (known === undefined) return;
    this.said.delete(answerId);
    this.count(-known.length);
  }

  private count(chars: number): void {
    this.chars += chars;
    charsOfAll += chars;
  }
}
