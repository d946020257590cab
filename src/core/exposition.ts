/**
 * Metrics as text, for those who collect them: Prometheus's format 0.0.4 and OpenMetrics 1.0.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 * https://prometheus.io/docs/specs/om/open_metrics_spec/
 */

export interface Sample {
  /** Of a histogram or a summary: which of its figures. */
  part?: 'bucket' | 'sum' | 'count';
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** The name of a counter ends in `_total`. */
export interface Family {
  name: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary';
  help: string;
  samples: readonly Sample[];
}

export type ExpositionFormat = 'prometheus' | 'openmetrics';

export const EXPOSITION_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

export const sampleName = ({ name }: Pick<Family, 'name'>, { part }: Sample): string => (part === undefined ? name : `${name}_${part}`);

const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '"': '\\"' };
const escapeLabel = (text: string): string => text.replace(/[\\\n"]/g, (found) => ESCAPED[found]!);
/** OpenMetrics would escape a quotation mark as well; a help text has none. */
const escapeHelp = (text: string): string => text.replace(/[\\\n]/g, (found) => ESCAPED[found]!);

/** OpenMetrics writes the bound of a bucket as a float. */
const labelValue = (name: string, value: string, format: ExpositionFormat): string =>
  name === 'le' && format === 'openmetrics' && /^\d+$/.test(value) ? `${value}.0` : escapeLabel(value);

function labelsText(labels: Sample['labels'], format: ExpositionFormat): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${labelValue(name, value, format)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

export function expositionText(families: readonly Family[], format: ExpositionFormat): string {
  const lines = families.flatMap((family) => {
    const name = format === 'openmetrics' && family.type === 'counter' ? family.name.replace(/_total$/, '') : family.name;
    return [
      `# HELP ${name} ${escapeHelp(family.help)}`,
      `# TYPE ${name} ${family.type}`,
      ...family.samples.map((sample) => `${sampleName(family, sample)}${labelsText(sample.labels, format)} ${sample.value}`),
    ];
  });
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}
