/** Credits by day, stacked by model. Drawn on the server, with the same figures as a table for people who cannot see the chart. */
import type { FC } from 'hono/jsx';
import type { DayOfModel } from '../console/usage/daily';
import { credits, Headings, Scroll } from './parts';

/** As many series as there are colours; the rest share one. */
const SERIES = 6;
const OTHER = 'Other models';
const [WIDTH, HEIGHT] = [1_000, 200];

interface Day {
  date: string;
  /** By series, in the legend's order. */
  amounts: number[];
  total: number;
}

export interface ChartData {
  series: string[];
  days: Day[];
}

/** The dearest models have a series of their own, and every day of the span has a bar, even an empty one. */
export function chartOf(rows: readonly DayOfModel[], dates: readonly string[]): ChartData {
  const totals = new Map<string, number>();
  for (const { model, creditsUsed } of rows) totals.set(model ?? 'other', (totals.get(model ?? 'other') ?? 0) + creditsUsed);
  const named = [...totals].toSorted(([, a], [, b]) => b - a).map(([model]) => model);
  const series = named.length > SERIES + 1 ? [...named.slice(0, SERIES), OTHER] : named;
  const days = new Map(dates.map((date): [string, number[]] => [date, series.map(() => 0)]));
  for (const { date, model, creditsUsed } of rows) {
    const index = series.indexOf(model ?? 'other');
    const amounts = days.get(date);
    if (amounts) amounts[index === -1 ? SERIES : index]! += creditsUsed;
  }
  return { series, days: [...days].map(([date, amounts]) => ({ date, amounts, total: amounts.reduce((sum, one) => sum + one, 0) })) };
}

/** The smallest round number above: 1, 2, 2.5 or 5 times a power of ten. */
export function niceTop(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((top) => top >= most * (1 - 1e-9))!;
}

const tick = (amount: number): string => amount.toLocaleString('en', { maximumSignificantDigits: 3 });

const Bar: FC<{ day: Day; series: string[]; x: number; step: number; top: number }> = ({ day, series, x, step, top }) => {
  let y = HEIGHT;
  const parts = day.amounts.map((amount, index) => ({ amount, index })).filter(({ amount }) => amount > 0);
  const said = [
    `${day.date}: ${credits(day.total)} credits`,
    ...parts.map(({ amount, index }) => `${series[index]} ${credits(amount)}`),
  ].join('\n');
  return (
    <g class="day">
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

const Table: FC<{ data: ChartData }> = ({ data: { series, days } }) => (
  <details class="small">
    <summary>The same as a table</summary>
    <Scroll label="Credits by day and model">
      <table>
        <Headings of={['Day', ...series, 'All']} figures={[...series, 'All']} />
        <tbody>
          {days
            .filter(({ total }) => total > 0)
            .toReversed()
            .map(({ date, amounts, total }) => (
              <tr>
                <th scope="row">
                  <time datetime={date}>{date}</time>
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

/** The picture stretches, so its labels are outside of it and keep their size. */
export const DailyChart: FC<{ data: ChartData }> = ({ data }) => {
  const { days, series } = data;
  const most = Math.max(...days.map(({ total }) => total), 0);
  const top = niceTop(most);
  const step = WIDTH / days.length;
  const dates = [days[0], days[Math.floor((days.length - 1) / 2)], days.at(-1)].map((day) => day?.date.slice(5));
  return (
    <figure class="panel stack">
      <figcaption class="head">
        <h2>Credits by day</h2>
        <span class="small quiet">Days of UTC</span>
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
          aria-label={`Credits by day, at most ${credits(most)}; the figures are in the table below`}
        >
          {[0, HEIGHT / 2, HEIGHT].map((y) => (
            <line x1="0" x2={WIDTH} y1={y} y2={y} />
          ))}
          {days.map((day, index) => (
            <Bar day={day} series={series} x={index * step} step={step} top={top} />
          ))}
        </svg>
        <div class="dates" aria-hidden="true">
          {(days.length > 2 ? dates : [dates[0]]).map((date) => (
            <span>{date}</span>
          ))}
        </div>
      </div>
      <Legend series={series} />
      <Table data={data} />
    </figure>
  );
};
