/** What was called and what it cost: filtered, charted and listed. */
import type { FC } from 'hono/jsx';
import { listApiKeys } from '../console/api-keys/list';
import type { VerbContext } from '../console/context';
import { listMembers } from '../console/organizations/members';
import { usageChoices } from '../console/usage/choices';
import { dailyByModel } from '../console/usage/daily';
import { STATUSES, sinceMs, type UsageFilter, usageFilterInput } from '../console/usage/filter';
import type { LogView } from '../console/usage/log';
import { queryUsage, type Usage } from '../console/usage/query';
import type { GatewayError } from '../core/errors';
import type { AppContext } from '../http/context';
import { type AccountRoute, queryOf } from '../routes/account/route';
import { marked, readForm } from './form';
import { alignedCredits, credits, dollars, Empty, Headings, Name, Notice, Pages, Scroll, Time, whole } from './parts';
import { receiptPage } from './receipt';
import { orgQuery, page, refusalPage } from './shell';
import { chartOf, DailyChart } from './usage-chart';

const PAGE = 50;
const MODELS_SHOWN = 10;
const DAY_MS = 86_400_000;

const SPANS: [days: number, label: string][] = [
  [1, 'Today'],
  [7, '7 days'],
  [30, '30 days'],
  [90, '90 days'],
  [365, 'A year'],
];

const datesOf = (days: number, nowMs: number): string[] =>
  Array.from({ length: days }, (_, index) => new Date(sinceMs(days, nowMs) + index * DAY_MS).toISOString().slice(0, 10));

export const duration = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`);

/** What is there is not said to be nothing. */
function share(part: number, all: number): string {
  if (all <= 0) return '';
  const percent = Math.round((part / all) * 100);
  return percent === 0 && part > 0 ? '<1 %' : `${percent} %`;
}

type Pick = { name: string; label: string; any: string; options: [value: string, label: string][] };

const Choice: FC<{ of: Pick; value: unknown }> = ({ of: { name, label, any, options }, value }) => {
  const chosen = value === undefined ? '' : String(value);
  const known = chosen === '' || options.some(([id]) => id === chosen);
  return (
    <label>
      {label}
      <select name={name}>
        <option value="">{any}</option>
        {[...options, ...(known ? [] : [[chosen, chosen] as [string, string]])].map(([id, text]) => (
          <option value={id} selected={id === chosen}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
};

const NUMBERS = [
  ['minCredits', 'Credits, at least'],
  ['minLatencyMs', 'Milliseconds, at least'],
] as const;

/** What only an address asks for; it stays with what the form adds. */
const UNSEEN = ['maxCredits', 'maxLatencyMs'] as const;

const LABELS = {
  days: 'Days',
  status: 'Status',
  endpoint: 'Endpoint',
  model: 'Model',
  keyId: 'Key',
  member: 'Member',
  q: 'Part of a request’s id',
  maxCredits: 'Credits, at most',
  maxLatencyMs: 'Milliseconds, at most',
  ...Object.fromEntries(NUMBERS),
};

interface Asked {
  filter: UsageFilter;
  /** What of the query is understood. */
  query: Record<string, string>;
  error?: GatewayError | undefined;
}

/** One field that is not understood takes none of the others with it. */
function asked(query: Record<string, string>, error?: GatewayError): Asked {
  const read = readForm(usageFilterInput, query, LABELS);
  if (read.ok) return { filter: read.value, query, error };
  const { [read.error.param ?? '']: _, ...others } = query;
  return asked(others, error ?? read.error);
}

interface FilterProps {
  asked: Asked;
  /** As it was sent, to be put right. */
  typed: Record<string, string>;
  picks: Pick[];
  org: string | undefined;
}

const Filter: FC<FilterProps> = ({ asked: { filter, error }, typed, picks, org }) => {
  const text = (name: string) => ({ name, value: typed[name] ?? '', ...marked(error, name) });
  return (
    <form class="filter" method="get" action="/usage" aria-label="Filter">
      {org !== undefined && <input type="hidden" name="org" value={org} />}
      <input type="hidden" name="days" value={String(filter.days)} />
      {UNSEEN.map((name) => filter[name] !== undefined && <input type="hidden" name={name} value={String(filter[name])} />)}
      {picks.map((pick) => (
        <Choice of={pick} value={filter[pick.name as keyof UsageFilter]} />
      ))}
      <label>
        Endpoint
        <input {...text('endpoint')} placeholder="/v1/messages" />
      </label>
      {NUMBERS.map(([name, label]) => (
        <label>
          {label}
          <input {...text(name)} type="number" min="0" step="any" inputmode="decimal" />
        </label>
      ))}
      <label>
        Part of a request’s id
        <input {...text('q')} placeholder="req_…" />
      </label>
      <button type="submit">Filter</button>
    </form>
  );
};

/** Of two with the same name, each is told by more than that. */
const named = (all: { id: string; name: string; hint?: string }[]): [string, string][] =>
  all.map(({ id, name, hint = id }) => [id, all.filter((one) => one.name === name).length > 1 ? `${name} (${hint})` : name]);

/** What can be chosen is what there is. */
async function picksOf(context: VerbContext, filter: UsageFilter): Promise<Pick[]> {
  const seesMembers = context.organization && context.permissions.has('organization.read');
  const [{ models, callers }, keys, { members }] = await Promise.all([
    usageChoices(context, filter),
    context.permissions.has('keys.read') ? listApiKeys(context) : { keys: [] },
    seesMembers ? listMembers(context) : { members: [] },
  ]);
  const gone = seesMembers ? callers.filter(({ id }) => !members.some(({ userId }) => userId === id)) : [];
  const people = [
    ...members.map(({ userId: id, name, email }) => ({ id, name, hint: email })),
    ...gone.map(({ id, name, email }) => ({ id, name: `${name}, no member now`, hint: email })),
  ];
  const picks: Pick[] = [
    { name: 'model', label: 'Model', any: 'All', options: models.map((model) => [model, model]) },
    { name: 'status', label: 'Status', any: 'Any', options: STATUSES.map((status) => [status, status]) },
    { name: 'keyId', label: 'Key', any: 'All', options: named(keys.keys) },
    { name: 'member', label: 'Member', any: 'All', options: named(people) },
  ];
  return picks.filter(({ options }) => options.length > 0);
}

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

const Figures: FC<{ usage: Usage; days: number }> = ({ usage: { costByModel }, days }) => {
  const total = costByModel.reduce((sum, { creditsUsed }) => sum + creditsUsed, 0);
  const calls = costByModel.reduce((sum, one) => sum + one.calls, 0);
  const figures: [string, string, string][] = [
    ['Spent', dollars(total), `${credits(total)} credits`],
    ['Calls', whole(calls), costByModel.length === 1 ? 'of one model' : `of ${costByModel.length} models`],
    ['A call', calls > 0 ? dollars(total / calls) : '–', 'on average'],
    ['A day', dollars(total / days), 'on average'],
  ];
  return (
    <dl class="figures panel">
      {figures.map(([name, value, more]) => (
        <div>
          <dt>{name}</dt>
          <dd>
            {value}
            <small>{more}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
};

/** In the chart's colours, for who looks from one to the other. */
const Models: FC<{ models: Usage['costByModel']; series: string[] }> = ({ models, series }) => {
  const total = models.reduce((sum, { creditsUsed }) => sum + creditsUsed, 0);
  const most = Math.max(...models.map(({ creditsUsed }) => creditsUsed), 0.000_001);
  return (
    <section class="stack" aria-labelledby="by-model">
      <h2 id="by-model">By model</h2>
      <Scroll label="Credits by model">
        <table>
          <Headings of={['Model', 'Calls', 'Share', 'Credits']} figures={['Calls', 'Share', 'Credits']} wide={['Share']} />
          <tbody>
            {models.slice(0, MODELS_SHOWN).map(({ model, calls, creditsUsed }) => {
              const place = series.indexOf(model ?? 'other');
              return (
                <tr>
                  <th scope="row" class="break">
                    <Name of={model ?? 'other'} />
                    <svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                      <rect
                        class={`f${place === -1 ? 6 : place}`}
                        width={((Math.max(creditsUsed, 0) / most) * 100).toFixed(2)}
                        height="4"
                      />
                    </svg>
                  </th>
                  <td class="number">{whole(calls)}</td>
                  <td class="number wide-only">{share(creditsUsed, total)}</td>
                  <td class="number">{alignedCredits(creditsUsed, 2)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
      {models.length > MODELS_SHOWN && <p class="small quiet">And {models.length - MODELS_SHOWN} more; the CSV has all of them.</p>}
    </section>
  );
};

const Dearest: FC<{ logs: LogView[]; org: string }> = ({ logs, org }) => (
  <section class="stack" aria-labelledby="dearest">
    <h2 id="dearest">The dearest requests</h2>
    <Scroll label="The dearest requests">
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

const GOOD = new Set(['succeeded']);

export const Status: FC<{ of: string }> = ({ of: status }) => <span class={`tag ${GOOD.has(status) ? 'good' : 'bad'}`}>{status}</span>;

/** What is made without tokens, such as a film, has none to count. */
const counted = (tokens: number): string => (tokens === 0 ? '–' : whole(tokens));

const WIDE = ['Status', 'Latency', 'Tokens in', 'Tokens out'];

const Logs: FC<{ logs: LogView[]; org: string }> = ({ logs, org }) => (
  <Scroll label="Requests">
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

/** Nothing at all is another thing than nothing that fits. */
const Nothing: FC<{ filtered: boolean; org: string; makesKeys: boolean }> = ({ filtered, org, makesKeys }) =>
  filtered ? (
    <Empty title="No request fits">
      <p>A request shows up some seconds after it ended.</p>
      <a class="button plain" href={`/usage${org}`}>
        Show all requests
      </a>
    </Empty>
  ) : (
    <Empty title="No request yet">
      <p>A call with a key of this wallet is here some seconds after it ended, with what it cost and why.</p>
      <div class="row">
        {makesKeys && (
          <a class="button" href={`/manage-api-keys${org}`}>
            Make a key
          </a>
        )}
        <a class="button plain" href={`/docs${org}`}>
          How to call
        </a>
      </div>
    </Empty>
  );

async function usagePage(c: AppContext, context: VerbContext): Promise<Response> {
  const typed = queryOf(c);
  const read = asked(typed);
  const { filter, query, error } = read;
  const usage = await queryUsage(context, filter, PAGE, query.cursor);
  if (!usage.ok) return refusalPage(c, usage.error);
  const { logs, nextCursor, costByModel, topExpensiveRequests } = usage.value;
  const [picks, rows] = await Promise.all([picksOf(context, filter), dailyByModel(context, filter)]);
  const { days } = filter;
  const chart = chartOf(rows, datesOf(days, context.now()));
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
        <Nothing filtered={false} org={org} makesKeys={context.permissions.has('keys.write')} />
      ) : (
        <>
          <div class="stack">
            <Spans query={query} days={days} />
            <Filter asked={read} typed={typed} picks={picks} org={context.organization?.id} />
          </div>
          <Figures usage={usage.value} days={days} />
          {chart.series.length > 0 && <DailyChart data={chart} />}
          {topExpensiveRequests.length > 0 && (
            <div class="columns">
              <Models models={costByModel} series={chart.series} />
              <Dearest logs={topExpensiveRequests} org={org} />
            </div>
          )}
          <section class="stack" aria-labelledby="requests">
            <h2 id="requests">Requests</h2>
            {logs.length > 0 ? <Logs logs={logs} org={org} /> : <Nothing filtered org={org} makesKeys={false} />}
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
