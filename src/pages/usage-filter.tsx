/** Which usage a page is asked for, and the form for it. */
import type { FC } from 'hono/jsx';
import { listApiKeys } from '../console/api-keys/list';
import type { VerbContext } from '../console/context';
import { listMembers } from '../console/organizations/members';
import { callerChoices, modelChoices } from '../console/usage/choices';
import { STATUSES, type UsageFilter, usageFilterInput } from '../console/usage/filter';
import { type Asked, marked, readQuery } from './form';
import { within } from './frame';
import { Choice, FilterForm, type Pick } from './parts';

const TEXTS = [
  ['endUser', 'End user', 'customer-42'],
  ['tag', 'Tag', 'env:prod'],
  ['endpoint', 'Endpoint', '/v1/messages'],
  ['q', 'Part of a request’s id', 'req_…'],
] as const;

const NUMBERS = [
  ['minCredits', 'Credits, at least'],
  ['minLatencyMs', 'Milliseconds, at least'],
] as const;

const SELDOM = [...TEXTS, ...NUMBERS].map(([name]) => name);

/** Filters without a form field, kept from the URL. */
const UNSEEN = ['maxCredits', 'maxLatencyMs'] as const;

const LABELS = {
  days: 'Days',
  status: 'Status',
  model: 'Model',
  keyId: 'Key',
  member: 'Member',
  maxCredits: 'Credits, at most',
  maxLatencyMs: 'Milliseconds, at most',
  ...Object.fromEntries([...TEXTS, ...NUMBERS].map(([name, label]) => [name, label])),
};

export const askedOf = (query: Record<string, string>): Asked<UsageFilter> => readQuery(usageFilterInput, query, LABELS);

interface FilterProps {
  asked: Asked<UsageFilter>;
  /** As sent, to be corrected. */
  typed: Record<string, string>;
  picks: Pick[];
  org: string | undefined;
}

/** What a form without a choice sends, and what is no choice of the form's. */
const isChosen = ([name, value]: [string, string]): boolean => value !== '' && Object.hasOwn(LABELS, name) && name !== 'days';

/** What is seldom filtered by is folded away, unless it is filtered by, so that the figures are in sight. */
const Seldom: FC<Omit<FilterProps, 'picks' | 'org'>> = ({ asked: { error }, typed }) => {
  const text = (name: string) => ({ name, value: typed[name] ?? '', ...marked(error, name) });
  return (
    <details class="small" open={SELDOM.some((name) => (typed[name] ?? '') !== '')}>
      <summary>More filters</summary>
      <div class="filter">
        {TEXTS.map(([name, label, example]) => (
          <label>
            {label}
            <input {...text(name)} placeholder={example} />
          </label>
        ))}
        {NUMBERS.map(([name, label]) => (
          <label>
            {label}
            <input {...text(name)} type="number" min="0" step="any" inputmode="decimal" />
          </label>
        ))}
      </div>
    </details>
  );
};

export const Filter: FC<FilterProps> = ({ asked, typed, picks, org }) => {
  const { filter } = asked;
  return (
    <FilterForm path="/usage">
      {org !== undefined && <input type="hidden" name="org" value={org} />}
      <input type="hidden" name="days" value={String(filter.days)} />
      {UNSEEN.map((name) => filter[name] !== undefined && <input type="hidden" name={name} value={String(filter[name])} />)}
      {picks.map((pick) => (
        <Choice of={pick} value={filter[pick.name as keyof UsageFilter]} />
      ))}
      <Seldom asked={asked} typed={typed} />
      <button type="submit">Filter</button>
      {Object.entries(typed).some(isChosen) && (
        <a class="button plain" href={within(`/usage?days=${filter.days}`, org)}>
          All requests
        </a>
      )}
    </FilterForm>
  );
};

/** Things of the same name are told apart by a hint. */
const named = (all: { id: string; name: string; hint?: string }[]): [string, string][] =>
  all.map(({ id, name, hint = id }) => [id, all.filter((one) => one.name === name).length > 1 ? `${name} (${hint})` : name]);

/**
 * The choices are what occurs in the usage.
 *
 * @param called The models that occur with this filter.
 */
export async function picksOf(context: VerbContext, filter: UsageFilter, called: readonly string[]): Promise<Pick[]> {
  const seesMembers = context.organization && context.permissions.has('organization.read');
  const [models, callers, keys, { members }] = await Promise.all([
    filter.model === undefined ? called : modelChoices(context, filter),
    seesMembers ? callerChoices(context, filter) : [],
    context.permissions.has('keys.read') ? listApiKeys(context) : { keys: [] },
    seesMembers ? listMembers(context) : { members: [] },
  ]);
  const gone = callers.filter(({ id }) => !members.some(({ userId }) => userId === id));
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
  // What is filtered by stays to be seen, and is sent again, though nothing fits.
  return picks.filter(({ name, options }) => options.length > 0 || filter[name as keyof UsageFilter] !== undefined);
}
