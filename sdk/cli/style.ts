const CODES = { dim: 2, red: 31, green: 32, cyan: 36 } as const;

/** Colours for a terminal only, and not where somebody wants none: https://no-color.org */
export function styleText(style: keyof typeof CODES, text: string, stream: { isTTY?: boolean }): string {
  const { NO_COLOR, TERM } = process.env;
  return stream.isTTY === true && !NO_COLOR && TERM !== 'dumb' ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}
