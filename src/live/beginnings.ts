/** Lets through so many that have not begun, and the others in order as those before them begin. */
export class Beginnings {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  /** Resolves with what lets the next one through, which may be called more than once. */
  async enter(): Promise<() => void> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((pass) => this.waiting.push(pass));
    let hasBegun = false;
    return () => {
      if (hasBegun) return;
      hasBegun = true;
      const pass = this.waiting.shift();
      if (pass) pass();
      else this.free++;
    };
  }
}
