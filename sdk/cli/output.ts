import { styleText } from './style.js';

/** What the process ends with. */
export const EXIT = { done: 0, failed: 1, usage: 2, key: 3, spent: 4, unreached: 5, interrupted: 130 } as const;

/** To standard output: what was asked for. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** To standard error: what is only good to know, and only for someone who looks. */
export function note(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${styleText('dim', text, process.stderr)}\n`);
}

/** To standard error, whoever reads it. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`);

export const failure = (text: string): void => say(`${styleText('red', 'error:', process.stderr)} ${text}`);

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, process.stdout.isTTY ? 2 : 0));

// What others named may hold terminal escapes, or end a line.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');

/** Letters that take two columns, as terminals draw them: https://www.unicode.org/reports/tr11/ */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NO_WIDTH = /\p{Mn}|\p{Me}|\p{Cf}/u;

const columnsOf = (text: string): number =>
  [...text].reduce((sum, letter) => sum + (NO_WIDTH.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1), 0);

/** Columns as wide as their widest entry; tabs between them where nobody looks. */
export function printTable(table: readonly (readonly string[])[]): void {
  const rows = table.map((row) => row.map(plain));
  if (!process.stdout.isTTY) {
    for (const row of rows) print(row.join('\t'));
    return;
  }
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => columnsOf(row[column] ?? ''))));
  for (const row of rows)
    print(
      row
        .map((entry, column) => entry + ' '.repeat((widths[column] ?? 0) - columnsOf(entry)))
        .join('  ')
        .trimEnd(),
    );
}

/** Costs as people read them. */
export const credits = (amount: number | undefined): string =>
  amount === undefined ? 'cost unknown' : `${Number(amount.toFixed(4))} credits ($${Number((amount / 100).toFixed(6))})`;

const WIDTH = 24;
const BEAT_MS = 120;

/**
 * A line that lives while something is waited for. Nobody tells how far a film is, so the bar nears its end as time
 * goes by and reaches it when the film is there.
 */
export class Progress {
  private readonly beganMs = Date.now();
  private readonly timer: ReturnType<typeof setInterval> | undefined;
  private state = 'queued';

  constructor(
    private readonly label: string,
    private readonly usualMs: number,
  ) {
    if (process.stderr.isTTY) this.timer = setInterval(() => this.draw(), BEAT_MS);
  }

  update(state: string): void {
    if (state !== this.state && !process.stderr.isTTY) say(`${this.label}: ${state}`);
    this.state = state;
  }

  private draw(done = false): void {
    const passedMs = Date.now() - this.beganMs;
    const share = done ? 1 : 1 - Math.exp((-2 * passedMs) / this.usualMs);
    const filled = Math.round(share * WIDTH);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
    process.stderr.write(`\r\u001b[K${this.label} ${bar} ${this.state} ${Math.round(passedMs / 1_000)} s`);
  }

  end(done: boolean): void {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.draw(done);
    process.stderr.write('\n');
  }
}
