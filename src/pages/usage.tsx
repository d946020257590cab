/** What was called and what it cost: filtered, charted and listed. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import type { Failure } from '../console/usage/failures';
import { usageFilterInput } from '../console/usage/filter';
import type { LogView } from '../console/usage/log';
import { costOverTime, timesOf } from '../console/usage/over-time';
import { queryUsage, type Usage } from '../console/usage/query';
import type { AppContext } from '../http/context';
import { type AccountRoute, queryOf } from '../routes/account/route';
import {
  alignedCredits,
  dollars,
  duration,
  Empty,
  type Figure,
  Figures,
  Headings,
  inBoth,
  Name,
  Notice,
  Pages,
  Scroll,
  Time,
  whole,
} from './parts';
import { receiptPage } from './receipt';
import { RefusedLatelySection, refusedLately } from './refused-lately';
import { orgQuery, page, refusalPage } from './shell';
import { isEmptyWallet, TopUpFirst } from './top-up-first';
import { CostChart, chartOf } from './usage-chart';
import { askedOf, Filter, picksOf } from './usage-filter';
import { SharesTable, share, sharesOf } from './usage-shares';

const PAGE = 50;

export const SPANS: [days: number, label: string][] = [
  [1, 'Today'],
  [7, '7 days'],
  [30, '30 days'],
  [90, '90 days'],
  [365, 'A year'],
];

const Spans: FC<{ query: Record<string, string>; days: number }> = ({ query, days }) => (
  <nav class="chips" aria-label="Span of time">
    {SPANS.map(([span, label]) => {
      const { cursor: _, ...rest } = query;
      return (
        <a href={`/usage?${new URLSearchParams({ ...rest, days: String(span) })}`} {...(span === days && { 'aria-current': 'true' })}>
          {label}
        </a>
      );
    })}
  </nav>
);

const UsageFigures: FC<{ usage: Usage; total: number; days: number }> = ({ usage: { costByModel, failedCalls }, total, days }) => {
  const calls = costByModel.reduce((sum, one) => sum + one.calls, 0);
  const figures: Figure[] = [
    inBoth('Spent', total),
    ['Calls', whole(calls), costByModel.length === 1 ? 'of one model' : `of ${costByModel.length} models`],
    ['Failed', whole(failedCalls), `${share(failedCalls, calls) || '0 %'} of calls`],
    ['Per call', calls > 0 ? dollars(total / calls) : '–', 'on average'],
    ...(days > 1 ? [['Per day', dollars(total / days), 'on average'] as const] : []),
  ];
  return <Figures of={figures} />;
};

const Dearest: FC<{ logs: LogView[]; org: string }> = ({ logs, org }) => (
  <section class="stack" aria-labelledby="dearest">
    <h2 id="dearest">Most expensive requests</h2>
    <Scroll label="Most expensive requests">
      <table>
        <Headings of={['Time (UTC)', 'Model', 'Credits']} figures={['Credits']} />
        <tbody>
          {logs.map(({ id, createdAt, model, creditsUsed }) => (
            <tr>
              <td>
                <a href={`/usage/${id}${org}`}>
                  <Time at={createdAt} />
                </a>
              </td>
              <td class="break">
                <Name of={model} />
              </td>
              <td class="number">{alignedCredits(creditsUsed, 2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </section>
);

const Failures: FC<{ failures: Failure[]; org: string }> = ({ failures, org }) => (
  <section class="stack" aria-labelledby="failures">
    <h2 id="failures">What failed, free of charge</h2>
    <Scroll label="What failed" long>
      <table>
        <Headings of={['Model', 'Why, the last time', 'Last (UTC)', 'Calls']} figures={['Calls']} wide={['Model', 'Last (UTC)']} />
        <tbody>
          {failures.map(({ model, reason, message, requestId, lastAt, calls }) => (
            <tr>
              <td class="break wide-only">
                <Name of={model} />
              </td>
              <td class="break">
                <span class="narrow-only">
                  <Name of={model} />:{' '}
                </span>
                <a href={`/usage/${requestId}${org}`}>{message ?? reason}</a>
                <small class="mono">
                  <Name of={reason} />
                </small>
              </td>
              <td class="wide-only">
                <Time at={lastAt} />
              </td>
              <td class="number">{whole(calls)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </section>
);

const GOOD = new Set(['succeeded']);

export const Status: FC<{ of: string }> = ({ of: status }) => <span class={`tag ${GOOD.has(status) ? 'good' : 'bad'}`}>{status}</span>;

/** What is made without tokens, such as a film, shows a dash. */
const counted = (tokens: number): string => (tokens === 0 ? '–' : whole(tokens));

const WIDE = ['Status', 'Latency', 'Tokens in', 'Tokens out'];

const Logs: FC<{ logs: LogView[]; org: string }> = ({ logs, org }) => (
  <Scroll label="Requests" long>
    <table>
      <Headings
        of={['Time (UTC)', 'Model', 'Status', 'Latency', 'Tokens in', 'Tokens out', 'Credits']}
        figures={['Latency', 'Tokens in', 'Tokens out', 'Credits']}
        wide={WIDE}
      />
      <tbody>
        {logs.map((log) => (
          <tr>
            <td>
              <a href={`/usage/${log.id}${org}`}>
                <Time at={log.createdAt} />
              </a>
            </td>
            <td class="break">
              <Name of={log.model} /> {log.test && <span class="tag">test</span>}
              {!GOOD.has(log.status) && (
                <span class="narrow-only">
                  <Status of={log.status} />
                </span>
              )}
              <small class="mono">
                <Name of={log.endpoint} />
              </small>
            </td>
            <td class="wide-only">
              <Status of={log.status} />
            </td>
            <td class="number wide-only">{log.latencyMs === 0 ? '–' : duration(log.latencyMs)}</td>
            <td class="number wide-only">{counted(log.inputTokens + log.cacheReadTokens + log.cacheWriteTokens)}</td>
            <td class="number wide-only">{counted(log.outputTokens)}</td>
            <td class="number">{alignedCredits(log.creditsUsed)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

const NothingFits: FC<{ org: string }> = ({ org }) => (
  <Empty title="No request fits">
    <p>A request is here once it has ended.</p>
    <a class="button plain" href={`/usage${org}`}>
      Show all requests
    </a>
  </Empty>
);

const NothingYet: FC<{ context: VerbContext; needsCredits: boolean }> = ({ context, needsCredits }) => (
  <>
    {needsCredits && <TopUpFirst context={context} />}
    <Empty title="No request yet">
      <p>A call with a key of this wallet is here once it has ended, with what it cost and why.</p>
      <div class="row">
        {context.permissions.has('keys.write') && (
          <a class="button" href={`/manage-api-keys${orgQuery(context)}`}>
            Make a key
          </a>
        )}
        <a class="button plain" href={`/docs${orgQuery(context)}`}>
          How to call
        </a>
      </div>
    </Empty>
  </>
);

async function usagePage(c: AppContext, context: VerbContext): Promise<Response> {
  const typed = queryOf(c);
  const read = askedOf(typed);
  const { filter, query, error } = read;
  const usage = await queryUsage(context, filter, PAGE, query.cursor);
  if (!usage.ok) return refusalPage(c, usage.error);
  const { logs, nextCursor, costByModel, topExpensiveRequests, failures, archivedUntil } = usage.value;
  const [picks, rows, shares, refused] = await Promise.all([
    picksOf(
      context,
      filter,
      costByModel.flatMap(({ model }) => model ?? []),
    ),
    costOverTime(context, filter),
    sharesOf(context, { filter, by: query.by, costByModel }),
    refusedLately(context, filter),
  ]);
  const { days } = filter;
  const total = costByModel.reduce((sum, { creditsUsed }) => sum + creditsUsed, 0);
  const chart = chartOf(rows, timesOf(days, context.now()));
  const org = orgQuery(context);
  const filtered = Object.keys(typed).some((name) => name === 'cursor' || Object.hasOwn(usageFilterInput.shape, name));
  return page(
    c,
    { title: 'Usage', context, ...(error && { status: 400 }) },
    <>
      <div class="head">
        <h1>Usage</h1>
        {logs.length > 0 && (
          <a class="button plain" href={`/api/api-usage/export?${new URLSearchParams(query)}`}>
            Export as CSV
          </a>
        )}
      </div>
      <Notice error={error} />
      {logs.length === 0 && !filtered ? (
        <>
          <NothingYet context={context} needsCredits={await isEmptyWallet(context)} />
          <RefusedLatelySection of={refused} context={context} days={days} />
        </>
      ) : (
        <>
          <div class="stack">
            <Spans query={query} days={days} />
            <Filter asked={read} typed={typed} picks={picks} org={context.organization?.id} />
          </div>
          {archivedUntil && (
            <p class="quiet">
              Requests that ended before <Time at={archivedUntil} /> UTC have left the database and are in no figure here. The CSV has them,
              and each has its receipt.
            </p>
          )}
          <UsageFigures usage={usage.value} total={total} days={days} />
          {chart.series.length > 0 && <CostChart data={chart} />}
          {topExpensiveRequests.length > 0 && (
            <div class="columns">
              <SharesTable shares={shares} total={total} series={chart.series} query={query} hasMembers={Boolean(context.organization)} />
              <Dearest logs={topExpensiveRequests} org={org} />
            </div>
          )}
          {failures.length > 0 && <Failures failures={failures} org={org} />}
          <RefusedLatelySection of={refused} context={context} days={days} />
          <section class="stack" aria-labelledby="requests">
            <h2 id="requests">Requests</h2>
            {logs.length > 0 ? <Logs logs={logs} org={org} /> : <NothingFits org={org} />}
            <Pages of="requests" path="/usage" query={query} nextCursor={nextCursor} />
          </section>
        </>
      )}
    </>,
  );
}

export const usagePages: AccountRoute[] = [
  { method: 'GET', path: '/usage', permission: 'usage.read', handle: usagePage },
  { method: 'GET', path: '/usage/:id', permission: 'usage.read', handle: receiptPage },
];
