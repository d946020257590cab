/** Every model of the catalogue as its operator sees it: at which list price, by whom, and whether it can be called now. */
import type { FC } from 'hono/jsx';
import { FAMILIES } from '../../core/family';
import { endpointsOf } from '../../gateway/reach';
import type { AppContext } from '../../http/context';
import { liveCatalogue } from '../../http/deps';
import { keyVariable, PROVIDER_SPECS, type Registry, sandboxAnswers } from '../../providers/registry';
import type { Model } from '../../providers/types';
import { type AccountRoute, queryOf } from '../../routes/account/route';
import { FAMILY_LABELS } from '../model-words';
import { fits } from '../models';
import { Choice, Empty, FilterForm, Headings, Name, type Pick, plural, Scroll } from '../parts';
import { priceText } from '../price';
import { page } from '../shell';

export const MODELS = '/operator/models';
export const CATALOGUE = `${MODELS}/catalogue`;

type Standing = 'callable' | 'no price' | 'no provider';

interface Seen {
  model: Model;
  standing: Standing;
  isChanged: boolean;
}

function standingOf(registry: Registry, model: Model, sandbox: boolean): Standing {
  if (!model.price) return 'no price';
  return endpointsOf(registry, model, sandbox).length > 0 ? 'callable' : 'no provider';
}

const StandingTag: FC<{ of: Standing }> = ({ of: standing }) => (
  <span class={standing === 'callable' ? 'tag good' : 'tag bad'}>{standing}</span>
);

/** In the order in which they are asked. One without a key is named with what gives it one. */
const Chain: FC<{ of: Model; providers: Registry['providers'] }> = ({ of: { chain }, providers }) => (
  <>
    {[...new Set(chain.map(({ provider }) => provider))].map((id) => {
      const spec = providers.get(id)?.spec ?? PROVIDER_SPECS.find((one) => one.id === id);
      return (
        <>
          {providers.has(id) ? (
            <span class="tag good">{spec?.label ?? id}</span>
          ) : (
            <span class="tag" title={`Without a key: ${keyVariable(id)}`}>
              {spec?.label ?? id}
            </span>
          )}{' '}
        </>
      );
    })}
  </>
);

const Table: FC<{ seen: Seen[]; providers: Registry['providers'] }> = ({ seen, providers }) => (
  <Scroll label="Models" long>
    <table>
      <Headings of={['Model', 'Providers, in order', 'Now', 'List price, tokens by the million']} wide={['Providers, in order', 'Now']} />
      <tbody>
        {seen.map(({ model, standing, isChanged }) => (
          <tr>
            <th scope="row" class="break">
              <a class="name" href={`/models/${model.id}`}>
                {model.label}
              </a>{' '}
              {isChanged && <span class="tag">changed by the file</span>}
              <small>
                <span class="mono">
                  <Name of={model.id} />
                </span>{' '}
                · {FAMILY_LABELS[model.family]}
              </small>
              <small class="narrow-only">
                <StandingTag of={standing} /> <Chain of={model} providers={providers} />
              </small>
            </th>
            <td class="wide-only">
              <Chain of={model} providers={providers} />
            </td>
            <td class="wide-only">
              <StandingTag of={standing} />
            </td>
            <td>{priceText(model.price)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

const KIND: Pick = {
  name: 'family',
  label: 'Kind',
  any: 'Any',
  options: FAMILIES.map((family) => [family, FAMILY_LABELS[family]] as const),
};

const NOW: Pick = {
  name: 'now',
  label: 'Now',
  any: 'Any',
  options: (['callable', 'no provider', 'no price'] as const).map((standing) => [standing, standing] as const),
};

const Filter: FC<{ query: Record<string, string> }> = ({ query }) => (
  <FilterForm path={MODELS}>
    <label>
      Search
      <input type="search" name="q" value={query.q ?? ''} placeholder="Name, id or maker" />
    </label>
    <Choice of={KIND} value={query.family} />
    <Choice of={NOW} value={query.now} />
    <button type="submit">Show</button>
    {Object.keys(query).length > 0 && (
      <a class="button plain" href={MODELS}>
        All models
      </a>
    )}
  </FilterForm>
);

function modelsPage(c: AppContext): Promise<Response> {
  const query = queryOf(c);
  const { registry, settings } = c.get('gateway');
  const sandbox = sandboxAnswers({ registry, settings });
  const changed = new Set(liveCatalogue(c.env).seen?.changedIds);
  const all = registry.models.all.map(
    (model): Seen => ({ model, standing: standingOf(registry, model, sandbox), isChanged: changed.has(model.id) }),
  );
  const shown = all.filter(
    ({ model, standing }) =>
      fits(model, { q: query.q }) && (!query.family || model.family === query.family) && (!query.now || standing === query.now),
  );
  const callable = all.filter(({ standing }) => standing === 'callable').length;
  return page(
    c,
    { title: 'Models', operator: true },
    <>
      <div class="head">
        <div class="tight">
          <h1>Models</h1>
          <p class="small quiet">
            {callable} of {plural(all.length, 'model')} can be called now
            {sandbox && ', all by the sandbox'}
          </p>
        </div>
        <a class="button plain" href={CATALOGUE}>
          Change prices and models
        </a>
      </div>
      <Filter query={query} />
      <section class="stack" aria-labelledby="found">
        <h2 id="found">{plural(shown.length, 'model')}</h2>
        {shown.length > 0 ? <Table seen={shown} providers={registry.providers} /> : <Empty title="No model fits" />}
      </section>
    </>,
  );
}

export const operatorModelPages: AccountRoute[] = [{ method: 'GET', path: MODELS, permission: 'operator', handle: modelsPage }];
