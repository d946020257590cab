/** The audit log of a wallet, personal or an organization's: filtered, in pages, exported and checked. */
import type { FC } from 'hono/jsx';
import { type AuditFilter, type AuditView, auditFilterInput, queryAudit, verifyAudit } from '../console/audit/query';
import type { VerbContext } from '../console/context';
import type { AppContext } from '../http/context';
import { parseInput } from '../http/input';
import { type AccountRoute, queryOf } from '../routes/account/route';
import { Empty, Headings, Notice, Scroll, Time } from './parts';
import { orgQuery, page, refusalPage } from './shell';

const PATH = '/settings/audit';
const ENTRIES = 100;

export const auditPath = (context: VerbContext): string => `${PATH}${orgQuery(context)}`;

export const AuditTable: FC<{ entries: AuditView[] }> = ({ entries }) => (
  <Scroll label="Audit log">
    <table>
      <Headings of={['No.', 'Time (UTC)', 'Who', 'What', 'To', 'From']} figures={['No.']} wide={['No.', 'To', 'From']} />
      <tbody>
        {entries.map(({ seq, at, actorName, action, target, ip }) => (
          <tr>
            <td class="number quiet wide-only">{seq}</td>
            <td>
              <Time at={at} />
            </td>
            <td class="break">{actorName}</td>
            <td class="mono">{action}</td>
            <td class="mono quiet wide-only">{target}</td>
            <td class="quiet wide-only">{ip}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

const FIELDS = [
  ['action', 'What', 'api_key.create'],
  ['actor', 'Who', 'ada@example.com'],
  ['target', 'To', ''],
] as const;

/** Days of the form are UTC days; the last one counts. */
function filterOf({ fromDay, toDay, ...rest }: Record<string, string>): Record<string, string> {
  const dayAfter = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString();
  const isDay = (day: string | undefined): day is string => day !== undefined && !Number.isNaN(Date.parse(`${day}T00:00:00Z`));
  return { ...rest, ...(isDay(fromDay) && { from: `${fromDay}T00:00:00Z` }), ...(isDay(toDay) && { to: dayAfter(toDay) }) };
}

const Filter: FC<{ filter: AuditFilter; query: Record<string, string>; context: VerbContext }> = ({ filter, query, context }) => (
  <form class="filter" method="get" action={PATH} aria-label="Filter">
    {context.organization && <input type="hidden" name="org" value={context.organization.id} />}
    {FIELDS.map(([name, label, placeholder]) => (
      <label>
        {label}
        <input name={name} value={filter[name] ?? ''} placeholder={placeholder} />
      </label>
    ))}
    <label>
      From
      <input name="fromDay" type="date" value={query.fromDay ?? ''} />
    </label>
    <label>
      Until
      <input name="toDay" type="date" value={query.toDay ?? ''} />
    </label>
    <button type="submit">Filter</button>
  </form>
);

async function auditPage(c: AppContext, context: VerbContext): Promise<Response> {
  const query = queryOf(c);
  const asked = filterOf(query);
  const filter = parseInput(auditFilterInput, asked);
  if (!filter.ok) return refusalPage(c, filter.error);
  const audit = await queryAudit(context, filter.value, ENTRIES, query.cursor);
  // The whole of it is read for that.
  const checked = query.check === '1' ? await verifyAudit(context) : undefined;
  if (!audit.ok) return refusalPage(c, audit.error);
  const { entries, nextCursor } = audit.value;
  const { cursor: _, fromDay: _from, toDay: _to, ...shown } = asked;
  return page(
    c,
    { title: 'Audit log', context },
    <>
      <div class="head">
        <div class="tight">
          <h1>Audit log</h1>
          <p class="small quiet">
            Who did what, each entry sealed with those before it{context.organization && `, of ${context.organization.name}`}
          </p>
        </div>
        <div class="row">
          <a class="button plain" href={`${PATH}?${new URLSearchParams({ ...query, check: '1' })}`}>
            Check that it is whole
          </a>
          <a class="button plain" href={`/api/audit/export?${new URLSearchParams(shown)}`}>
            Export as JSON lines
          </a>
        </div>
      </div>
      {checked && (
        <Notice
          {...(checked.intact
            ? { message: `${checked.entries} entries, each as it was written.` }
            : { error: `Entry ${checked.brokenAt} is not as it was written, or one before it is missing.` })}
        />
      )}
      <Filter filter={filter.value} query={query} context={context} />
      {entries.length > 0 ? <AuditTable entries={entries} /> : <Empty title="Nothing was done that fits" />}
      {nextCursor !== null && (
        <div class="row">
          <a class="button plain" href={`${PATH}?${new URLSearchParams({ ...query, cursor: nextCursor })}`}>
            Older entries
          </a>
        </div>
      )}
    </>,
  );
}

export const auditPages: AccountRoute[] = [{ method: 'GET', path: PATH, permission: 'audit.read', handle: auditPage }];
