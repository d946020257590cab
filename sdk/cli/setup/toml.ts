/** Sets values at the top of a TOML document, and one table; every other line stays as it is. */
export function setToml(
  before: string,
  top: Readonly<Record<string, string>>,
  table: { name: string; values: Readonly<Record<string, string>> },
): string {
  const lines = before === '' ? [] : before.replace(/\n+$/, '').split('\n');
  const firstTable = lines.findIndex(isHeader);
  const head = firstTable < 0 ? lines : lines.slice(0, firstTable);
  const rest = firstTable < 0 ? [] : lines.slice(firstTable);
  const kept = head.filter((line) => !Object.keys(top).some((key) => setsKey(line, key)));
  const settled = [...assignments(top), ...kept];
  while (settled.at(-1) === '') settled.pop();
  const tables = withoutTable(rest, table.name);
  while (tables.at(-1) === '') tables.pop();
  const parts = [settled, tables, [`[${table.name}]`, ...assignments(table.values)]];
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')}\n`;
}

const isHeader = (line: string): boolean => /^\s*\[/.test(line);

const setsKey = (line: string, key: string): boolean => new RegExp(`^\\s*["']?${key}["']?\\s*=`).test(line);

/** JSON's strings are basic strings of TOML. */
const assignments = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);

/** From its header to the next one. */
function withoutTable(lines: readonly string[], name: string): string[] {
  const bare = (line: string): string => line.replace(/\s|["']|#.*$/g, '');
  const start = lines.findIndex((line) => bare(line) === `[${name}]`);
  if (start < 0) return [...lines];
  const next = lines.findIndex((line, index) => index > start && isHeader(line));
  return [...lines.slice(0, start), ...(next < 0 ? [] : lines.slice(next))];
}
