/** What the gateway did in a span of days, or since it began. */
import type { FC } from 'hono/jsx';
import type { Refused, Share } from '../../console/operator/overview';
import type { Days, Overview } from '../../console/operator/span';
import { timesOf } from '../../console/usage/over-time';
import { alignedCredits, duration, Headings, Name, Scroll, whole } from '../parts';
import { SPANS } from '../usage';
import { CostChart, chartOf } from '../usage-chart';
import { share } from '../usage-shares';
import { OVERVIEW } from './session';

const SHOWN = 15;

export const Spans: FC<{ days: Days }> = ({ days }) => (
  <nav class="chips" aria-label="Span of time">
    {([...SPANS, ['all', 'Since the beginning']] as [Days, string][]).map(([span, label]) => (
      <a href={`${OVERVIEW}?days=${span}`} {...(span === days && { 'aria-current': 'true' })}>
        {label}
      </a>
    ))}
  </nav>
);

/** A single day would be a single bar, and all time is not known by day. */
export const ByDay: FC<{ of: Overview; nowMs: number }> = ({ of: { days, byDay }, nowMs }) => {
  if (days === null || days === 1) return null;
  const charged = byDay.filter(({ chargedCredits }) => chargedCredits > 0);
  const rows = charged.map(({ day, model, chargedCredits }) => ({ at: day, model, creditsUsed: chargedCredits }));
  const data = chartOf(rows, timesOf(days, nowMs));
  return data.series.length > 0 ? <CostChart data={data} /> : null;
};

export const Shares: FC<{ id: string; title: string; column: string; of: Share[]; labels?: ReadonlyMap<string, string> }> = (props) => {
  const { id, title, column, of: rows, labels } = props;
  const figures = ['Calls', 'Failed', 'On average', 'Credits'];
  return (
    <section class="stack" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <Scroll label={title}>
        <table>
          <Headings of={[column, ...figures]} figures={figures} wide={['Failed', 'On average']} />
          <tbody>
            {rows.slice(0, SHOWN).map(({ name, calls, failedCalls, meanMs, chargedCredits }) => (
              <tr>
                <th scope="row" class="break">
                  {name === '' ? <span class="quiet">none</span> : <Name of={labels?.get(name) ?? name} />}
                </th>
                <td class="number">{whole(calls)}</td>
                <td class="number wide-only">{share(failedCalls, calls) || '–'}</td>
                <td class="number wide-only">{meanMs === null ? '–' : duration(meanMs)}</td>
                <td class="number">{alignedCredits(chargedCredits, 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length > SHOWN && <p class="small quiet">And {whole(rows.length - SHOWN)} more, which earned less.</p>}
    </section>
  );
};

export const Customers: FC<{ of: NonNullable<Overview['customers']>; from: string | null }> = ({ of: { count, largest, ...of }, from }) => {
  const figures = ['Calls', 'Failed', 'Credits'];
  return (
    <section class="stack" aria-labelledby="customers">
      <h2 id="customers">Largest customers</h2>
      <Scroll label="Largest customers">
        <table>
          <Headings of={['Account', ...figures]} figures={figures} wide={['Failed']} />
          <tbody>
            {largest.map(({ accountId, name, calls, failedCalls, chargedCredits }) => (
              <tr>
                <th scope="row" class="break">
                  <a href={`${OVERVIEW}/accounts/${accountId}`}>
                    <Name of={name || accountId} />
                  </a>
                </th>
                <td class="number">{whole(calls)}</td>
                <td class="number wide-only">{share(failedCalls, calls) || '–'}</td>
                <td class="number">{alignedCredits(chargedCredits, 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {count > largest.length && <p class="small quiet">And {whole(count - largest.length)} more, which were charged less.</p>}
      {of.from !== from && <p class="small quiet">They are too many to add up all of this time: these figures begin with {of.from}.</p>}
    </section>
  );
};

/** Each customer sees their own on their page of usage, with what to do about it. */
export const RefusedCalls: FC<{ of: Refused[] }> = ({ of: refused }) => (
  <section class="stack" aria-labelledby="refused">
    <h2 id="refused">Refused, since the beginning</h2>
    <Scroll label="Refused calls">
      <table>
        <Headings of={['Why', 'Mostly at', 'Calls']} figures={['Calls']} wide={['Mostly at']} />
        <tbody>
          {refused.slice(0, SHOWN).map(({ code, endpoint, calls }) => (
            <tr>
              <th scope="row" class="break">
                <Name of={code} />
              </th>
              <td class="mono break wide-only">
                <Name of={endpoint} />
              </td>
              <td class="number">{whole(calls)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </section>
);
