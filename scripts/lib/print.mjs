const number = new Intl.NumberFormat('en', { maximumFractionDigits: 6 });

export const credits = (value) =>
  typeof value === 'number' ? number.format(value) : value === null || value === undefined ? '-' : String(value);

/** A time of the API (ISO text or milliseconds) to the second, in UTC. */
export function time(value) {
  if (value === null || value === undefined) return '-';
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? String(value) : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

// What others named may hold terminal escapes, and signs that turn the rest of the line around.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
const plain = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?');

const cell = (value) => (value === null || value === undefined || value === '' ? '-' : plain(String(value)));

/** `columns`: [heading, row => value, 'right'?] */
export function table(columns, rows) {
  const cells = [columns.map(([heading]) => heading), ...rows.map((row) => columns.map(([, read]) => cell(read(row))))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index].length)));
  const pad = (text, index) => (columns[index][2] === 'right' ? text.padStart(widths[index]) : text.padEnd(widths[index]));
  return cells.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

/** Aligned `label  value` lines, without empty entries. */
export function facts(entries) {
  const shown = entries.filter(([, value]) => value !== undefined && value !== null && value !== '');
  const width = Math.max(...shown.map(([label]) => label.length));
  return shown.map(([label, value]) => `${label.padEnd(width)}  ${plain(String(value))}`).join('\n');
}
