/** An audit log as a page: filtered, in pages, exported and checked. */
import type { Child, FC } from 'hono/jsx';
import { type AuditFilter, type AuditView, auditFilterInput, type LogOf, queryAudit, verifyAudit } from '../console/audit/query';
import type { GatewayError } from '../core/errors';
import { DAY_MS } from '../core/time';
import type { AppContext } from '../http/context';
import { queryOf } from '../routes/account/route';
import { type Asked, marked, readQuery } from './form';
import { Empty, FilterForm, Headings, Name, Notice, Pages, Scroll, Time } from './parts';
import { type PageOptions, page, refusalPage } from './shell';

const ENTRIES = 100;

/** Names for the ids that occur in entries. */
export type Names = ReadonlyMap<string, string>;

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[\d.]+Z$/;

const wordOf = (value: unknown, names: Names): string => {
  if (Array.isArray(value)) return value.map((one) => wordOf(one, names)).join(', ');
  if (typeof value === 'string' && MOMENT.test(value)) return `${value.slice(0, 16).replace('T', ' ')} UTC`;
  if (typeof value === 'string') return names.get(value) ?? value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
};

/** Without a name (somebody who left, or something that never had one) the id is shown. */
const nameOf = (id: string | null, detail: Record<string, unknown>, names: Names): string | undefined =>
  id === null ? undefined : (names.get(id) ?? [detail.email, detail.name].find((value) => typeof value === 'string'));

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);

/** What was done, in one line: a change as from and to, anything else field by field. The target has a column of its own. */
function detailOf({ target, detail: { from, to, ...rest } }: AuditView, names: Names): string {
  const isChange = from !== undefined && to !== undefined;
  const change = isChange ? [`${wordOf(from, names)} → ${wordOf(to, names)}`] : [];
  const name = nameOf(target, rest, names);
  const others = Object.entries({ ...rest, ...(!isChange && { from, to }) })
    .filter(([, value]) => !isNothing(value))
    .flatMap(([key, value]): string[] => {
      const word = wordOf(value, names);
      if (word === name) return [];
      return [value === true ? key : `${key} ${word}`];
    });
  return [...change, ...others].join('; ');
}

const Target: FC<{ id: string | null; name: string | undefined }> = ({ id, name }) =>
  name === undefined ? (
    <span class="mono">
      <Name of={id ?? ''} />
    </span>
  ) : (
    <span title={id ?? ''}>
      <Name of={name} />
    </span>
  );

export const AuditTable: FC<{ entries: AuditView[]; names: Names }> = ({ entries, names }) => (
  <Scroll label="Audit log" long>
    <table>
      <Headings
        of={['No.', 'Time (UTC)', 'Actor', 'Action', 'Target', 'IP address']}
        figures={['No.']}
        wide={['No.', 'Actor', 'Target', 'IP address']}
      />
      <tbody>
        {entries.map((entry) => (
          <tr>
            <td class="number quiet wide-only">{entry.seq}</td>
            <td>
              <Time at={entry.at} />
            </td>
            <td class="who wide-only">
              <Name of={entry.actorName} />
            </td>
            <td class="act">
              <span class="mono">
                <Name of={entry.action} />
              </span>
              {entry.target !== null && entry.target !== entry.actorId && (
                <small class="narrow-only">
                  <Target id={entry.target} name={nameOf(entry.target, entry.detail, names)} />
                </small>
              )}
              <small class="narrow-only">
                by <Name of={entry.actorName} />
              </small>
              <small>
                <Name of={detailOf(entry, names)} />
              </small>
            </td>
            <td class="what quiet wide-only">
              <Target id={entry.target} name={nameOf(entry.target, entry.detail, names)} />
            </td>
            <td class="quiet wide-only">
              <Name of={entry.ip} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

const FIELDS = [
  ['action', 'Action', 'api_key.create'],
  ['actor', 'Actor', 'ada@example.com'],
  ['target', 'Target, by its id', ''],
] as const;

const DAYS = [
  ['fromDay', 'from', 'Since (UTC)'],
  ['toDay', 'to', 'Until (UTC)'],
] as const;

const LABELS = { ...Object.fromEntries(FIELDS), from: 'Since (UTC)', to: 'Until (UTC)' };

/** An invalid day is passed on as it is, so that the schema refuses it under the form's label. */
const momentOf = (day: string, daysLater: number): string => {
  const atMs = Date.parse(`${day}T00:00:00Z`) + daysLater * DAY_MS;
  return Number.isNaN(atMs) ? day : new Date(atMs).toISOString();
};

/** The form's days are UTC days, and the last one is included. */
const filterOf = ({ fromDay, toDay, ...rest }: Record<string, string>): Record<string, string> => ({
  ...rest,
  ...(fromDay !== undefined && { from: momentOf(fromDay, 0) }),
  ...(toDay !== undefined && { to: momentOf(toDay, 1) }),
});

const askedOf = (query: Record<string, string>): Asked<AuditFilter> =>
  readQuery(auditFilterInput, query, LABELS, { as: filterOf, namesOf: (field) => [field, `${field}Day`] });

const Filter: FC<{ log: AuditLog; error: GatewayError | undefined; typed: Record<string, string> }> = ({ log, error, typed }) => (
  <FilterForm path={log.path}>
    {Object.entries(log.keeps).map(([name, value]) => (
      <input type="hidden" name={name} value={value} />
    ))}
    {FIELDS.map(([name, label, placeholder]) => (
      <label>
        {label}
        <input name={name} value={typed[name] ?? ''} placeholder={placeholder} {...marked(error, name)} />
      </label>
    ))}
    {DAYS.map(([name, moment, label]) => (
      <label>
        {label}
        <input name={name} type="date" max="9999-12-30" value={typed[name] ?? ''} {...marked(error, moment)} />
      </label>
    ))}
    <button type="submit">Filter</button>
    {Object.keys(typed).some((name) => !Object.hasOwn(log.keeps, name)) && (
      <a class="button plain" href={pathWith(log.path, log.keeps)}>
        All entries
      </a>
    )}
  </FilterForm>
);

const pathWith = (path: string, query: Record<string, string>): string => {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
};

export interface AuditLog {
  of: LogOf;
  path: string;
  exportPath: string;
  /** Of the query, what says whose log it is. */
  keeps: Record<string, string>;
  title: string;
  about: Child;
  names: Names;
  frame: Pick<PageOptions, 'context' | 'operator'>;
}

export async function auditLogPage(c: AppContext, log: AuditLog): Promise<Response> {
  const typed = queryOf(c);
  const { filter, query: understood, error } = askedOf(typed);
  const { check, ...query } = understood;
  const audit = await queryAudit(log.of, filter, ENTRIES, query.cursor);
  // Verifying reads the whole log, so it happens only when asked for.
  const checked = check === '1' ? await verifyAudit(log.of) : undefined;
  if (!audit.ok) return refusalPage(c, audit.error);
  const { entries, nextCursor } = audit.value;
  const { cursor: _, ...shown } = filterOf(query);
  return page(
    c,
    { title: log.title, ...log.frame, ...(error && { status: 400 }) },
    <>
      <div class="head">
        <div class="tight">
          <h1>{log.title}</h1>
          <p class="small quiet">{log.about}</p>
        </div>
        <div class="row">
          <a class="button plain" href={pathWith(log.path, { ...query, check: '1' })}>
            Check that it is whole
          </a>
          <a class="button plain" href={pathWith(log.exportPath, shown)}>
            Export as JSON lines
          </a>
        </div>
      </div>
      <Notice error={error} />
      {checked && (
        <Notice
          {...(checked.intact
            ? { message: `${checked.entries} entries, each as it was written.` }
            : { error: `Entry ${checked.brokenAt} is not as it was written, or one before it is missing.` })}
        />
      )}
      <Filter log={log} error={error} typed={typed} />
      {entries.length > 0 ? <AuditTable entries={entries} names={log.names} /> : <Empty title="Nothing was done that fits" />}
      <Pages of="entries" path={log.path} query={query} nextCursor={nextCursor} />
    </>,
  );
}
