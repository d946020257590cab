/** The catalogue: which models there are, what they can do, and at which price. */
import type { FC } from 'hono/jsx';
import { FAMILIES, type Family } from '../core/family';
import { minimumTierOf, TIERS } from '../core/tiers';
import type { AppContext } from '../http/context';
import type { Model } from '../providers/types';
import type { AccountRoute } from '../routes/account/route';
import { comparable, priceText } from './price';
import { Headings, page, viewerOf } from './shell';

const CAPABILITIES = ['vision', 'tools', 'reasoning', 'audio', 'structured_output'] as const;
const ORDERS = { catalogue: 'as in the catalogue', price: 'cheapest first', context: 'longest context first' } as const;

const FAMILY_LABELS: Record<Family, string> = {
  chat: 'Chat',
  messages: 'Claude',
  responses: 'Responses',
  gemini: 'Gemini',
  embedding: 'Embedding',
  image: 'Image',
  video: 'Video',
  audio: 'Audio',
  '3d': '3D',
  gpu: 'GPU',
};

type Query = Record<string, string | undefined>;

function fits(model: Model, { family, vendor, can, q = '' }: Query): boolean {
  const named = `${model.id} ${model.label} ${model.vendor}`.toLowerCase();
  if (family && model.family !== family) return false;
  if (vendor && model.vendor !== vendor) return false;
  if (can && !model.capabilities?.some((capability) => capability === can)) return false;
  return named.includes(q.toLowerCase());
}

function ordered(models: Model[], order: string | undefined): Model[] {
  if (order === 'price') return models.toSorted((a, b) => comparable(a.price) - comparable(b.price));
  if (order === 'context') return models.toSorted((a, b) => (b.contextTokens ?? 0) - (a.contextTokens ?? 0));
  return models;
}

const words = (name: string): string => name.replaceAll('_', ' ');

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

const Filter: FC<{ query: Query; vendors: string[]; path: string }> = ({ query, vendors, path }) => (
  <form class="filter" method="get" action={path} aria-label="Filter">
    <label>
      Name, id or maker
      <input name="q" value={query.q ?? ''} />
    </label>
    <Choice
      label="Kind"
      name="family"
      value={query.family}
      options={[['', 'any'], ...FAMILIES.map((family): [string, string] => [family, FAMILY_LABELS[family]])]}
    />
    <Choice
      label="Maker"
      name="vendor"
      value={query.vendor}
      options={[['', 'any'], ...vendors.map((vendor): [string, string] => [vendor, vendor])]}
    />
    <Choice
      label="Can do"
      name="can"
      value={query.can}
      options={[['', 'anything'], ...CAPABILITIES.map((name): [string, string] => [name, words(name)])]}
    />
    <Choice label="Order" name="order" value={query.order ?? 'catalogue'} options={Object.entries(ORDERS)} />
    <button type="submit">Show</button>
  </form>
);

const tierLabel = (model: Model): string => TIERS.find(({ id }) => id === minimumTierOf(model))!.label;

const Row: FC<{ model: Model }> = ({ model }) => (
  <tr>
    <th scope="row">
      <strong>{model.label}</strong>
      <br />
      <span class="mono quiet">{model.id}</span>
    </th>
    <td>{model.vendor}</td>
    <td>{FAMILY_LABELS[model.family]}</td>
    <td>{priceText(model.price)}</td>
    <td class="number">{model.contextTokens?.toLocaleString('en') ?? ''}</td>
    <td>{(model.capabilities ?? []).map(words).join(', ')}</td>
    <td>{tierLabel(model)}</td>
  </tr>
);

async function models(c: AppContext): Promise<Response> {
  const query: Query = c.req.query();
  const { all } = c.get('gateway').registry.models;
  const shown = ordered(
    all.filter((model) => fits(model, query)),
    query.order,
  );
  return page(
    c,
    { title: 'Models and prices', context: await viewerOf(c) },
    <>
      <div class="stack">
        <h1>Models and prices</h1>
        <p class="quiet">Prices are in US dollars; 100 credits are 1 USD. What fails costs nothing.</p>
      </div>
      <Filter query={query} vendors={[...new Set(all.map(({ vendor }) => vendor))].sort()} path={c.req.path} />
      <section class="stack" aria-labelledby="found">
        <h2 id="found">
          {shown.length} {shown.length === 1 ? 'model' : 'models'}
        </h2>
        <section class="scroll" tabindex={0} aria-label="Models">
          <table class="wide">
            <Headings of={['Model', 'Maker', 'Kind', 'Price', 'Context', 'Can do', 'From tier']} figures={['Context']} />
            <tbody>
              {shown.map((model) => (
                <Row model={model} />
              ))}
            </tbody>
          </table>
        </section>
      </section>
    </>,
  );
}

export const modelPages: AccountRoute[] = [
  { method: 'GET', path: '/models', permission: 'public', handle: models },
  { method: 'GET', path: '/pricing', permission: 'public', handle: models },
];
