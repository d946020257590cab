import { styleText } from '../style.js';

const CONTEXT = 2;

/** Lengths of the longest common runs of lines; configuration files are short. */
function table(before: readonly string[], after: readonly string[]): number[][] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let left = before.length - 1; left >= 0; left--)
    for (let right = after.length - 1; right >= 0; right--)
      lengths[left]![right] =
        before[left] === after[right]
          ? lengths[left + 1]![right + 1]! + 1
          : Math.max(lengths[left + 1]![right]!, lengths[left]![right + 1]!);
  return lengths;
}

function marked(before: readonly string[], after: readonly string[]): string[] {
  const lengths = table(before, after);
  const lines: string[] = [];
  let [left, right] = [0, 0];
  while (left < before.length || right < after.length) {
    if (left < before.length && right < after.length && before[left] === after[right]) {
      lines.push(`  ${before[left]}`);
      left++;
      right++;
    } else if (right >= after.length || (left < before.length && lengths[left + 1]![right]! >= lengths[left]![right + 1]!)) {
      lines.push(`- ${before[left++]}`);
    } else lines.push(`+ ${after[right++]}`);
  }
  return lines;
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** What changes between two texts, with the lines around it. */
export function diff(before: string, after: string, stream: { isTTY?: boolean }): string {
  const lines = marked(linesOf(before), linesOf(after));
  const changed = lines.flatMap((line, index) => (line.startsWith('  ') ? [] : [index]));
  const near = (index: number): boolean => changed.some((at) => Math.abs(at - index) <= CONTEXT);
  return lines
    .filter((_, index) => near(index))
    .map((line) => (line.startsWith('+') ? styleText('green', line, stream) : line.startsWith('-') ? styleText('red', line, stream) : line))
    .join('\n');
}

/** Keys as they may be shown. */
export const masked = (text: string): string => text.replace(/\bck_[0-9A-Za-z_]{8,}/g, (key) => `${key.slice(0, 8)}…${key.slice(-4)}`);
