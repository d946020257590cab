/** Credits by day, or by hour of a single day, stacked by model. Drawn on the server, with the same figures as a table for people who cannot see the chart. */
import type { FC } from 'hono/jsx';
import type { CostAt } from '../console/usage/over-time';
import { credits, Headings, Scroll } from './parts';

/** As many series as there are colours; the rest share one. */
const SERIES = 6;
const OTHER = 'Other models';
/** What is no model's own, or many models' together. */
const NOBODYS = 'other';
const [WIDTH, HEIGHT] = [1_000, 200];

interface Span {
  at: string;
  /** By series, in the legend's order. */
  amounts: number[];
  total: number;
}

export interface ChartData {
  series: string[];
  spans: Span[];
}

/** The dearest models have a series of their own, what is nobody's comes last, and every day or hour has a bar, even an empty one. */
export function chartOf(rows: readonly CostAt[], times: readonly string[]): ChartData {
  const totals = new Map<string, number>();
  for (const { model, creditsUsed } of rows) totals.set(model ?? NOBODYS, (totals.get(model ?? NOBODYS) ?? 0) + creditsUsed);
  const isNobodys = (model: string): number => Number(model === NOBODYS);
  const named = [...totals].toSorted(([one, a], [other, b]) => isNobodys(one) - isNobodys(other) || b - a).map(([model]) => model);
  const series = named.length > SERIES + 1 ? [...named.slice(0, SERIES), OTHER] : named;
  const spans = new Map(times.map((at): [string, number[]] => [at, series.map(() => 0)]));
  for (const { at, model, creditsUsed } of rows) {
    const index = series.indexOf(model ?? NOBODYS);
    const amounts = spans.get(at);
    if (amounts) amounts[index === -1 ? SERIES : index]! += creditsUsed;
  }
  return { series, spans: [...spans].map(([at, amounts]) => ({ at, amounts, total: amounts.reduce((sum, one) => sum + one, 0) })) };
}

/** Whose halves are round too. */
const STEPS = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10];

/** The smallest round number above. */
export function niceTop(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return STEPS.map((step) => step * power).find((top) => top >= most * (1 - 1e-9))!;
}

const tick = (amount: number): string => amount.toLocaleString('en', { maximumSignificantDigits: 3 });

const Bar: FC<{ span: Span; series: string[]; x: number; step: number; top: number }> = ({
  span: { at, amounts, total },
  series,
  x,
  step,
  top,
}) => {
  let y = HEIGHT;
  const parts = amounts.map((amount, index) => ({ amount, index })).filter(({ amount }) => amount > 0);
  const said = [`${at}: ${credits(total)} credits`, ...parts.map(({ amount, index }) => `${series[index]} ${credits(amount)}`)].join('\n');
  return (
    <g class="span">
      <title>{said}</title>
      <rect class="hover" x={x} y="0" width={step} height={HEIGHT} />
      {parts.map(({ amount, index }) => {
        const height = (amount / top) * HEIGHT;
        y -= height;
        return (
          <rect class={`f${index}`} x={x + step * 0.14} y={y.toFixed(2)} width={(step * 0.72).toFixed(2)} height={height.toFixed(2)} />
        );
      })}
    </g>
  );
};

const Legend: FC<{ series: string[] }> = ({ series }) => (
  <ul class="legend">
    {series.map((name, index) => (
      <li>
        <svg viewBox="0 0 10 10" aria-hidden="true">
          <rect class={`f${index}`} width="10" height="10" />
        </svg>
        {name}
      </li>
    ))}
  </ul>
);

const Table: FC<{ data: ChartData; by: string }> = ({ data: { series, spans }, by }) => (
  <details class="small">
    <summary>The same as a table</summary>
    <Scroll label={`Credits by ${by} and model`}>
      <table>
        <Headings of={[by === 'day' ? 'Day' : 'Hour', ...series, 'All']} figures={[...series, 'All']} />
        <tbody>
          {spans
            .filter(({ total }) => total > 0)
            .toReversed()
            .map(({ at, amounts, total }) => (
              <tr>
                <th scope="row">
                  <time datetime={at}>{at}</time>
                </th>
                {amounts.map((amount) => (
                  <td class="number">{amount > 0 ? credits(amount) : ''}</td>
                ))}
                <td class="number strong">{credits(total)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </Scroll>
  </details>
);

/** Under the chart the year, and of hours the day, would be said three times. */
const short = (at: string): string => at.slice(at.length > 10 ? 11 : 5);

/** The picture stretches, so its labels are outside of it and keep their size. */
export const CostChart: FC<{ data: ChartData }> = ({ data }) => {
  const { spans, series } = data;
  const by = spans[0]!.at.length > 10 ? 'hour' : 'day';
  const most = Math.max(...spans.map(({ total }) => total), 0);
  const top = niceTop(most);
  const step = WIDTH / spans.length;
  const marks = [spans[0]!, spans[Math.floor((spans.length - 1) / 2)]!, spans.at(-1)!];
  return (
    <figure class="panel stack">
      <figcaption class="head">
        <h2>Credits by {by}</h2>
        <span class="small quiet">{by === 'day' ? 'Days of UTC' : `${spans[0]!.at.slice(0, 10)}, UTC`}</span>
      </figcaption>
      <div class="chart">
        <div class="ticks" aria-hidden="true">
          {[top, top / 2, 0].map((amount) => (
            <span>{tick(amount)}</span>
          ))}
        </div>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Credits by ${by}, at most ${credits(most)}; the figures are in the table below`}
        >
          {[0, HEIGHT / 2, HEIGHT].map((y) => (
            <line x1="0" x2={WIDTH} y1={y} y2={y} />
          ))}
          {spans.map((span, index) => (
            <Bar span={span} series={series} x={index * step} step={step} top={top} />
          ))}
        </svg>
        <div class="dates" aria-hidden="true">
          {marks.map(({ at }) => (
            <span>{short(at)}</span>
          ))}
        </div>
      </div>
      <Legend series={series} />
      <Table data={data} by={by} />
    </figure>
  );
};
