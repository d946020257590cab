/** The catalogue: which models there are, what they can do, and at which price. */
import type { FC } from 'hono/jsx';
import { FAMILIES, type Family } from '../core/family';
import { MICRO_PER_USD } from '../core/money';
import { minimumTierOf } from '../core/tiers';
import type { AppContext } from '../http/context';
import type { Model } from '../providers/types';
import type { AccountRoute } from '../routes/account/route';
import { within } from './frame';
import { FAMILY_LABELS, shortTokens, tierLabel, words } from './model-words';
import { modelsAtOwnPrices, OfWhom } from './own-prices';
import { Empty, FilterForm, Name, plural, Scroll, whole } from './parts';
import { comparable, creditTag, oneOf, usdTag } from './price';
import { page, viewerOf } from './shell';

const CAPABILITIES = ['vision', 'tools', 'reasoning', 'audio', 'structured_output'] as const;

const ORDERS: [value: string, label: string][] = [
  ['', 'As listed'],
  ['price', 'Cheapest first'],
  ['context', 'Longest context first'],
  ['name', 'By name'],
];

type Query = Record<string, string | undefined>;

/** Compares only prices of the same unit. */
const isUpTo = (model: Model, most: number): boolean => comparable(model.price) <= most * MICRO_PER_USD;

/** Names as people type them, without the spaces, dashes and dots of the makers. */
const squeezed = (text: string): string => text.replace(/[\s._-]+/g, '');

export function fits(model: Model, { vendor, provider, can, upto, q = '' }: Query): boolean {
  const named = [model.id, model.label, model.vendor, ...(model.aliases ?? [])].join(' ').toLowerCase();
  if (vendor && model.vendor !== vendor) return false;
  if (provider && !model.chain.some((target) => target.provider === provider)) return false;
  if (can && !model.capabilities?.some((capability) => capability === can)) return false;
  if (Number(upto) > 0 && !isUpTo(model, Number(upto))) return false;
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => named.includes(word) || squeezed(named).includes(squeezed(word)));
}

function ordered(models: Model[], order: string | undefined): Model[] {
  if (order === 'price') return models.toSorted((a, b) => comparable(a.price) - comparable(b.price));
  if (order === 'context') return models.toSorted((a, b) => (b.contextTokens ?? 0) - (a.contextTokens ?? 0));
  if (order === 'name') return models.toSorted((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }));
  return models;
}

const Choice: FC<{ label: string; name: string; value: string | undefined; options: [value: string, label: string][] }> = (choice) => (
  <label>
    {choice.label}
    <select name={choice.name}>
      {choice.options.map(([value, label]) => (
        <option value={value} selected={value === (choice.value ?? '')}>
          {label}
        </option>
      ))}
    </select>
  </label>
);

const options = (first: string, values: readonly string[]): [string, string][] => [
  ['', first],
  ...values.map((value): [string, string] => [value, words(value)]),
];

const distinct = (values: readonly string[]): string[] => [...new Set(values)].sort((a, b) => a.localeCompare(b, 'en'));

const Filter: FC<{ query: Query; all: readonly Model[]; providers: [string, string][] }> = ({ query, all, providers }) => (
  <FilterForm path="/models">
    {query.family && <input type="hidden" name="family" value={query.family} />}
    {query.org && <input type="hidden" name="org" value={query.org} />}
    <label class="all">
      Search
      <input type="search" name="q" value={query.q ?? ''} placeholder="Name, id or maker" />
    </label>
    <Choice label="Maker" name="vendor" value={query.vendor} options={options('Any', distinct(all.map(({ vendor }) => vendor)))} />
    {providers.length > 1 && <Choice label="Provider" name="provider" value={query.provider} options={[['', 'Any'], ...providers]} />}
    <Choice label="Can do" name="can" value={query.can} options={options('Anything', CAPABILITIES)} />
    <label>
      Up to, in USD
      <input name="upto" type="number" min="0" step="any" inputmode="decimal" value={query.upto ?? ''} placeholder="Any price" />
    </label>
    <Choice label="Order" name="order" value={query.order} options={ORDERS} />
    <button type="submit">Show</button>
  </FilterForm>
);

/** One link for each kind, with its number of models; the rest of the filter stays. */
const Families: FC<{ query: Query; found: readonly Model[] }> = ({ query, found }) => {
  const link = (family: string): string => {
    const asked = Object.entries({ ...query, family }).filter((pair): pair is [string, string] => Boolean(pair[1]));
    return asked.length === 0 ? '/models' : `/models?${new URLSearchParams(asked)}`;
  };
  const shown = FAMILIES.flatMap((family) => {
    const count = found.filter((model) => model.family === family).length;
    return count > 0 || family === query.family ? [{ family, count }] : [];
  });
  return (
    <nav class="chips" aria-label="Kind of model">
      <a href={link('')} {...(!query.family && { 'aria-current': 'true' })}>
        All {found.length}
      </a>
      {shown.map(({ family, count }) => (
        <a href={link(family)} {...(family === query.family && { 'aria-current': 'true' })}>
          {FAMILY_LABELS[family]} {count}
        </a>
      ))}
    </nav>
  );
};

const Amount: FC<{ micro: number; per?: string }> = ({ micro, per }) => (
  <>
    {usdTag(micro)}
    <small>
      {creditTag(micro)} credits{per && ` ${per}`}
    </small>
  </>
);

/** Token prices have an input and an output; any other price is one figure with a unit. */
const Prices: FC<{ model: Model }> = ({ model: { price } }) => {
  if (!price)
    return (
      <td class="number quiet" colspan={2}>
        not priced yet
      </td>
    );
  if (price.per !== 'token')
    return (
      <td class="number" colspan={2}>
        <Amount micro={price.micro} per={`${oneOf(price)}${price.tierMicro ? ', by its size' : ''}`} />
      </td>
    );
  return (
    <>
      <td class="number">
        <Amount micro={price.inputMicroPerMtok} />
      </td>
      <td class="number">
        <Amount micro={price.outputMicroPerMtok} />
      </td>
    </>
  );
};

const Row: FC<{ model: Model; org: string | undefined }> = ({ model, org }) => (
  <tr>
    <th scope="row">
      <a class="name" href={within(`/models/${model.id}`, org)}>
        {model.label}
      </a>
      <small class="mono break">
        <Name of={model.id} />
      </small>
    </th>
    <td class="wide-only">
      {model.vendor}
      <small>{FAMILY_LABELS[model.family]}</small>
    </td>
    <Prices model={model} />
    <td class="number wide-only" {...(model.contextTokens !== undefined && { title: `${whole(model.contextTokens)} tokens` })}>
      {model.contextTokens === undefined ? '' : shortTokens(model.contextTokens)}
    </td>
    <td class="wide-only">{(model.capabilities ?? []).map(words).join(', ')}</td>
    <td class="wide-only">
      {minimumTierOf(model) === 'free' ? <span class="quiet">Any</span> : <span class="tag">{tierLabel(model)}</span>}
    </td>
  </tr>
);

const Table: FC<{ models: Model[]; org: string | undefined }> = ({ models, org }) => (
  <Scroll label="Models" long>
    <table>
      <thead>
        <tr>
          <th scope="col">Model</th>
          <th scope="col" class="wide-only">
            Maker, kind
          </th>
          <th scope="col" class="number">
            Input <small class="wide-only">million tokens</small>
          </th>
          <th scope="col" class="number">
            Output <small class="wide-only">million tokens</small>
          </th>
          <th scope="col" class="number wide-only">
            Context
          </th>
          <th scope="col" class="wide-only">
            Can do
          </th>
          <th scope="col" class="wide-only">
            From tier
          </th>
        </tr>
      </thead>
      <tbody>
        {models.map((model) => (
          <Row model={model} org={org} />
        ))}
      </tbody>
    </table>
  </Scroll>
);

/** The providers that are configured and have models in the catalogue. */
function providersOf(c: AppContext): [string, string][] {
  const { models, providers } = c.get('gateway').registry;
  const used = new Set(models.all.flatMap(({ chain }) => chain.map(({ provider }) => provider)));
  return [...providers.values()].flatMap(({ spec }): [string, string][] => (used.has(spec.id) ? [[spec.id, spec.label]] : []));
}

async function models(c: AppContext): Promise<Response> {
  const query: Query = c.req.query();
  const context = await viewerOf(c);
  const { models: all, own } = await modelsAtOwnPrices(c, context);
  const found = all.filter((model) => fits(model, query));
  const shown = ordered(
    found.filter(({ family }) => !query.family || family === query.family),
    query.order,
  );
  return page(
    c,
    {
      title: query.family && Object.hasOwn(FAMILY_LABELS, query.family) ? `${FAMILY_LABELS[query.family as Family]} models` : 'Models',
      description: `${all.length} language, image, video and audio models behind one key, with the price of each in dollars and credits.`,
      context,
    },
    <>
      <div class="stack">
        <h1>Models</h1>
        <p class="lead">
          {all.length} models behind one key. 100 credits are 1 USD, and what fails is free.{' '}
          <a href={within('/pricing', query.org)}>How charges work</a>
        </p>
        <OfWhom own={own} />
      </div>
      <div class="stack">
        <Families query={query} found={found} />
        <Filter query={query} all={all} providers={providersOf(c)} />
      </div>
      <section class="stack" aria-labelledby="found">
        <h2 id="found">{plural(shown.length, 'model')}</h2>
        {shown.length > 0 ? (
          <Table models={shown} org={query.org} />
        ) : (
          <Empty title="No model fits">
            <p>Leave out a word or a filter.</p>
            <a class="button plain" href={within('/models', query.org)}>
              Show all models
            </a>
          </Empty>
        )}
      </section>
    </>,
  );
}

export const modelPages: AccountRoute[] = [{ method: 'GET', path: '/models', permission: 'public', handle: models }];
