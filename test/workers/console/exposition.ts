/** A reader of metrics that takes nothing but what Prometheus's format 0.0.4 and OpenMetrics 1.0 allow. */

interface Read {
  /** Values by name and labels as they are written. */
  values: Map<string, number>;
  types: Map<string, string>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const PAIR = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"`;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${PAIR}(?:,${PAIR})*)\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]\\d+)?|\\+Inf)$`);
const PARTS: Readonly<Record<string, readonly string[]>> = {
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['_sum', '_count'],
};

const partsOf = (type: string, isOpen: boolean): readonly string[] => PARTS[type] ?? (isOpen ? ['_total'] : ['']);

export function readExposition(text: string, isOpen = false): Read {
  const read: Read = { values: new Map(), types: new Map() };
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line has no end');
  if (isOpen && lines.pop() !== '# EOF') throw new Error('no # EOF');
  let family = '';
  for (const [at, line] of lines.entries()) {
    const [, word, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (word === 'HELP') {
      if (read.types.has(name!)) throw new Error(`${name} comes twice`);
      family = name!;
      if (!lines[at + 1]?.startsWith(`# TYPE ${name} `)) throw new Error(`${name} has no type`);
    } else if (word === 'TYPE') read.types.set(name!, rest!);
    else readSample(read, line, family, isOpen);
  }
  checkHistograms(read);
  return read;
}

function readSample({ values, types }: Read, line: string, family: string, isOpen: boolean): void {
  const [, name, labels, value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  const parts = partsOf(types.get(family)!, isOpen);
  if (!parts.some((part) => name === family + part)) throw new Error(`${name} is not of ${family}`);
  if (types.get(family) === 'counter' && !name.endsWith('_total')) throw new Error(`${name} is a counter without _total`);
  const series = labels === undefined ? name : `${name}{${labels}}`;
  if (values.has(series)) throw new Error(`${series} comes twice`);
  values.set(series, Number(value));
}

function checkHistograms({ values }: Read): void {
  let last = { of: '', bound: 0, count: 0 };
  for (const [series, count] of values) {
    const [, of, le] = /^(.*_bucket.*?),?le="([^"]+)"\}$/.exec(series) ?? [];
    if (of === undefined) continue;
    const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    if (of === last.of && (bound <= last.bound || count < last.count)) throw new Error(`${series} is out of order`);
    const whole = `${of.replace('_bucket', '_count')}}`.replace('{}', '');
    if (le === '+Inf' && values.get(whole) !== count) throw new Error(`${series} is not ${whole}`);
    last = { of, bound, count };
  }
}
