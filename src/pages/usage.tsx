/** What was called and what it cost: filtered, charted, listed, and each request with its receipt. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { STATUSES, sinceMs, type UsageFilter, usageFilterInput } from '../console/usage/filter';
import type { LogView } from '../console/usage/log';
import { queryUsage } from '../console/usage/query';
import { type Receipt, showReceipt } from '../console/usage/receipt';
import type { AppContext } from '../http/context';
import { parseInput } from '../http/input';
import { type AccountRoute, parameter, queryOf } from '../routes/account/route';
import { credits, page, refusalPage, Time } from './shell';

const PAGE = 50;
const DAY_MS = 86_400_000;

interface Day {
  date: string | null;
  creditsUsed: number;
}

/** Every day of the span, also those on which nothing happened. */
function everyDay(days: readonly Day[], count: number, nowMs: number): { date: string; creditsUsed: number }[] {
  const known = new Map(days.map(({ date, creditsUsed }) => [date, creditsUsed]));
  return Array.from({ length: count }, (_, index) => {
    const date = new Date(sinceMs(count, nowMs) + index * DAY_MS).toISOString().slice(0, 10);
    return { date, creditsUsed: known.get(date) ?? 0 };
  });
}

const [WIDTH, HEIGHT, FOOT] = [720, 180, 20];

/** Bars with their figures in words for who sees none. */
const DailyChart: FC<{ days: { date: string; creditsUsed: number }[] }> = ({ days }) => {
  const most = Math.max(...days.map(({ creditsUsed }) => creditsUsed), 0.000_001);
  const step = WIDTH / days.length;
  return (
    <figure class="panel stack">
      <figcaption>
        <h2>Credits by day</h2>
      </figcaption>
      <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT + FOOT}`} role="img" aria-label={`Credits by day, at most ${credits(most)}`}>
        <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        {days.map(({ date, creditsUsed }, index) => {
          const height = (creditsUsed / most) * (HEIGHT - 16);
          return (
            <rect x={index * step + step * 0.1} y={HEIGHT - height} width={step * 0.8} height={height} rx="2">
              <title>{`${date}: ${credits(creditsUsed)} credits`}</title>
            </rect>
          );
        })}
        <text x="0" y={HEIGHT + 15}>
          {days[0]?.date}
        </text>
        <text x={WIDTH} y={HEIGHT + 15} text-anchor="end">
          {days.at(-1)?.date}
        </text>
        <text x="0" y="10">
          {most > 0.000_001 ? credits(most) : 'nothing spent'}
        </text>
      </svg>
      <details class="small">
        <summary>The same as a table</summary>
        <table>
          <tbody>
            {days
              .filter(({ creditsUsed }) => creditsUsed !== 0)
              .map(({ date, creditsUsed }) => (
                <tr>
                  <th scope="row">{date}</th>
                  <td class="number">{credits(creditsUsed)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
};

const Models: FC<{ models: { model: string | null; calls: number; creditsUsed: number }[] }> = ({ models }) => {
  const most = Math.max(...models.map(({ creditsUsed }) => creditsUsed), 0.000_001);
  return (
    <section class="panel stack" aria-labelledby="by-model">
      <h2 id="by-model">Credits by model</h2>
      <table>
        <tbody>
          {models.slice(0, 12).map(({ model, calls, creditsUsed }) => (
            <tr>
              <th scope="row">
                {model ?? 'other'}
                <svg class="chart" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
                  <rect width={Math.max(0.5, (creditsUsed / most) * 100)} height="3" />
                </svg>
              </th>
              <td class="number quiet">{calls} calls</td>
              <td class="number">{credits(creditsUsed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {models.length === 0 && <p class="quiet">Nothing yet.</p>}
    </section>
  );
};

const Logs: FC<{ logs: LogView[]; org: string; label: string }> = ({ logs, org, label }) => (
  <section class="scroll" tabindex={0} aria-label={label}>
    <table>
      <thead>
        <tr>
          {['Time (UTC)', 'Model', 'Endpoint', 'Status', 'Latency', 'Tokens in', 'Tokens out', 'Credits'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {logs.map((log) => (
          <tr>
            <td>
              <a href={`/usage/${log.id}${org}`}>
                <Time at={log.createdAt} />
              </a>
            </td>
            <td>{log.model}</td>
            <td class="mono">{log.endpoint}</td>
            <td>
              <span class={`tag ${log.status === 'succeeded' ? 'good' : 'bad'}`}>{log.status}</span>
            </td>
            <td class="number">{log.latencyMs} ms</td>
            <td class="number">{log.inputTokens + log.cacheReadTokens + log.cacheWriteTokens}</td>
            <td class="number">{log.outputTokens}</td>
            <td class="number">{credits(log.creditsUsed)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

const TEXTS = [
  ['model', 'Model'],
  ['endpoint', 'Endpoint'],
  ['keyId', 'Key'],
  ['member', 'Member'],
  ['q', 'Request id'],
  ['minCredits', 'From credits'],
  ['minLatencyMs', 'From ms'],
] as const;

const Filter: FC<{ filter: UsageFilter; org: string | undefined }> = ({ filter, org }) => (
  <form class="filter" method="get" action="/usage" aria-label="Filter">
    {org !== undefined && <input type="hidden" name="org" value={org} />}
    <label>
      Days
      <select name="days">
        {[1, 7, 30, 90, 365].map((days) => (
          <option value={days} selected={days === filter.days}>
            {days === 1 ? 'today' : days}
          </option>
        ))}
      </select>
    </label>
    <label>
      Status
      <select name="status">
        <option value="">any</option>
        {STATUSES.map((status) => (
          <option selected={status === filter.status}>{status}</option>
        ))}
      </select>
    </label>
    {TEXTS.map(([name, label]) => (
      <label>
        {label}
        <input name={name} value={String(filter[name] ?? '')} />
      </label>
    ))}
    <button type="submit">Filter</button>
  </form>
);

async function usagePage(c: AppContext, context: VerbContext): Promise<Response> {
  const query = queryOf(c);
  const filter = parseInput(usageFilterInput, query);
  if (!filter.ok) return refusalPage(c, filter.error);
  const usage = await queryUsage(context, filter.value, PAGE, query.cursor);
  if (!usage.ok) return refusalPage(c, usage.error);
  const { logs, nextCursor, costByModel, topExpensiveRequests, dailyCost } = usage.value;
  const org = context.organization ? `?org=${context.organization.id}` : '';
  const total = costByModel.reduce((sum, { creditsUsed }) => sum + creditsUsed, 0);
  const more = new URLSearchParams({ ...query, ...(nextCursor !== null && { cursor: nextCursor }) });
  return page(
    c,
    { title: 'Usage', context },
    <>
      <div class="head">
        <h1>Usage</h1>
        <a class="button plain" href={`/api/api-usage/export?${new URLSearchParams(query)}`}>
          Export as CSV
        </a>
      </div>
      <Filter filter={filter.value} org={context.organization?.id} />
      <dl class="figures">
        <div>
          <dt>Credits</dt>
          <dd>{credits(total)}</dd>
        </div>
        <div>
          <dt>USD</dt>
          <dd>{credits(total / 100)}</dd>
        </div>
        <div>
          <dt>Calls</dt>
          <dd>{costByModel.reduce((sum, { calls }) => sum + calls, 0)}</dd>
        </div>
      </dl>
      <div class="columns">
        <DailyChart days={everyDay(dailyCost, filter.value.days, context.now())} />
        <Models models={costByModel} />
      </div>
      {topExpensiveRequests.length > 0 && (
        <section class="stack" aria-labelledby="dearest">
          <h2 id="dearest">The dearest requests</h2>
          <Logs logs={topExpensiveRequests} org={org} label="The dearest requests" />
        </section>
      )}
      <section class="stack" aria-labelledby="requests">
        <h2 id="requests">Requests</h2>
        {logs.length > 0 ? (
          <Logs logs={logs} org={org} label="Requests" />
        ) : (
          <p class="quiet">No request fits; one shows up some seconds after it ended.</p>
        )}
        {nextCursor !== null && <a href={`/usage?${more}`}>Older requests</a>}
      </section>
    </>,
  );
}

const Lines: FC<{ receipt: Receipt }> = ({ receipt }) => (
  <section class="stack" aria-labelledby="sum">
    <h2 id="sum">How the charge comes about</h2>
    <section class="scroll" tabindex={0} aria-label="How the charge comes about">
      <table>
        <thead>
          <tr>
            {['', 'Tokens', 'Credits a million', 'Credits'].map((heading) => (
              <th scope="col">{heading}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {receipt.lines.map(({ item, tokens, creditsPerMillion, credits: cost }) => (
            <tr>
              <th scope="row">{item}</th>
              <td class="number">{tokens}</td>
              <td class="number">{creditsPerMillion}</td>
              <td class="number">{cost.toFixed(6)}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">Charged (rounded up to a millionth)</th>
            <td />
            <td />
            <td class="number">{receipt.creditsUsed}</td>
          </tr>
        </tbody>
      </table>
    </section>
  </section>
);

async function receiptPage(c: AppContext, context: VerbContext): Promise<Response> {
  const found = await showReceipt(context, parameter(c, 'id'));
  if (!found.ok) return refusalPage(c, found.error);
  const receipt = found.value;
  const facts: [string, string][] = [
    ['Model', receipt.model ?? ''],
    ['State', `${receipt.state}, ${receipt.outcome ?? 'open'}`],
    ['Held', credits(receipt.creditsHeld)],
    ['Charged', credits(receipt.creditsUsed)],
  ];
  return page(
    c,
    { title: 'A request', context },
    <>
      <div class="head">
        <h1>A request</h1>
        <span class="mono quiet">{receipt.id}</span>
      </div>
      <dl class="figures">
        {facts.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd class="small">{value}</dd>
          </div>
        ))}
      </dl>
      <Lines receipt={receipt} />
      <section class="stack" aria-labelledby="whole">
        <h2 id="whole">All that is known of it</h2>
        <pre tabindex={0}>
          <code>{JSON.stringify({ ...receipt, lines: undefined }, null, 2)}</code>
        </pre>
      </section>
    </>,
  );
}

export const usagePages: AccountRoute[] = [
  { method: 'GET', path: '/usage', permission: 'usage.read', handle: usagePage },
  { method: 'GET', path: '/usage/:id', permission: 'usage.read', handle: receiptPage },
];
