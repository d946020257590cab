/** What things cost: the rules, the tiers, and the most popular models. */
import type { FC } from 'hono/jsx';
import { FAMILIES, type Family, RATE_FAMILIES, type RateFamily } from '../core/family';
import { toCredits } from '../core/money';
import { TIERS } from '../core/tiers';
import type { AppContext } from '../http/context';
import { hourlyLimitsOf } from '../http/deps';
import type { Model } from '../providers/types';
import type { AccountRoute } from '../routes/account/route';
import { within } from './frame';
import { FAMILY_LABELS } from './model-words';
import { modelsAtOwnPrices, OfWhom } from './own-prices';
import { dollars, Headings, Points, plural, Scroll, whole } from './parts';
import { comparable, priceText, unitOf } from './price';
import { page, viewerOf } from './shell';

const RULES: [string, string][] = [
  ['Held, then settled', 'A call holds what it is likely to cost before it starts, and is charged what it came to. Once.'],
  ['What fails is free', 'When every provider fails, or a picture or film does not come, the whole hold returns to the wallet.'],
  ['A receipt for each call', 'Tokens, prices, attempts and the sum that leads to the charge, to be added up again by anybody.'],
  [
    'Caps that hold',
    'A key can have a limit a day, a week, a month or in all. A mail comes at 80 % and at 100 %, and the key can switch itself off.',
  ],
];

const UNLOCKS: Record<string, string> = {
  free: 'Language models at standard prices, embeddings, 3D, GPUs',
  starter: 'Images, video and audio as well',
  growth: 'The flagship language models as well',
  scale: 'Everything, and higher limits on request',
};

const RATE_LABELS: Record<RateFamily, string> = {
  chat: 'Language models',
  image: 'Images',
  video: 'Video',
  audio: 'Audio',
  '3d': '3D',
  gpu: 'GPU',
};

interface Range {
  family: Family;
  count: number;
  least: Model;
  most: Model;
}

/** From the cheapest to the dearest of a kind, among models priced by the kind's most common unit. */
function rangeOf(family: Family, all: readonly Model[]): Range[] {
  const priced = all.filter((model) => model.family === family && model.price);
  const units = priced.map(({ price }) => unitOf(price!));
  const usual = units.toSorted((a, b) => units.filter((unit) => unit === b).length - units.filter((unit) => unit === a).length)[0];
  const alike = priced.filter(({ price }) => unitOf(price!) === usual).toSorted((a, b) => comparable(a.price) - comparable(b.price));
  const [least, most] = [alike[0], alike.at(-1)];
  return least && most ? [{ family, count: priced.length, least, most }] : [];
}

const ModelPrice: FC<{ model: Model; org: string | undefined }> = ({ model, org }) => (
  <>
    <a class="name" href={within(`/models/${model.id}`, org)}>
      {model.label}
    </a>
    <small>{priceText(model.price)}</small>
  </>
);

const Ranges: FC<{ all: readonly Model[]; org: string | undefined }> = ({ all, org }) => (
  <Scroll label="Prices by kind">
    <table>
      <Headings of={['Kind', 'Unit', 'From', 'To', 'Models']} figures={['Models']} wide={['Unit', 'Models']} />
      <tbody>
        {FAMILIES.flatMap((family) => rangeOf(family, all)).map(({ family, count, least, most }) => (
          <tr>
            <th scope="row">
              {FAMILY_LABELS[family]}
              <small class="narrow-only">
                by the {unitOf(least.price!)} <a href={within(`/models?family=${family}`, org)}>{plural(count, 'model')}</a>
              </small>
            </th>
            <td class="wide-only">{unitOf(least.price!)}</td>
            <td>
              <ModelPrice model={least} org={org} />
            </td>
            <td>{least.id === most.id ? <span class="quiet">the same</span> : <ModelPrice model={most} org={org} />}</td>
            <td class="number wide-only">
              <a href={within(`/models?family=${family}`, org)} aria-label={`All ${count} of ${FAMILY_LABELS[family]}`}>
                {count}
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

async function pricing(c: AppContext): Promise<Response> {
  const context = await viewerOf(c);
  const { models, own } = await modelsAtOwnPrices(c, context);
  const org = c.req.query('org');
  const limits = hourlyLimitsOf(c.env);
  return page(
    c,
    {
      title: 'Pricing',
      description: 'Prepaid credits, 100 to the dollar: charged by what a call came to, once, and free when it fails.',
      context,
    },
    <>
      <div class="stack">
        <h1>One wallet, charged by the call</h1>
        <p class="lead">
          Credits are prepaid, 100 to the US dollar. No subscription and no seats: a call costs what its model’s price makes of it.
        </p>
      </div>
      <Points of={RULES} />
      <section class="stack" aria-labelledby="kinds">
        <div class="head">
          <h2 id="kinds">By kind of model</h2>
          <a href={within('/models?order=price', org)}>All models, cheapest first</a>
        </div>
        <OfWhom own={own} />
        <Ranges all={models} org={org} />
      </section>
      <div class="columns">
        <section class="stack" aria-labelledby="tiers">
          <h2 id="tiers">Tiers</h2>
          <Scroll label="Tiers">
            <table>
              <Headings of={['Tier', 'Topped up in all', 'Unlocks']} figures={['Topped up in all']} />
              <tbody>
                {TIERS.map(({ id, label, fromMicro }) => (
                  <tr>
                    <th scope="row">{label}</th>
                    <td class="number">{fromMicro === 0 ? 'nothing' : dollars(toCredits(fromMicro))}</td>
                    <td>{UNLOCKS[id]}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </section>
        <section class="stack" aria-labelledby="limits">
          <h2 id="limits">Calls an hour</h2>
          <Scroll label="Calls an hour">
            <table>
              <Headings of={['Kind', 'Calls a person']} figures={['Calls a person']} />
              <tbody>
                {RATE_FAMILIES.map((family) => (
                  <tr>
                    <th scope="row">{RATE_LABELS[family]}</th>
                    <td class="number">{whole(limits[family])}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
          <p class="small quiet">
            The last 60 minutes count. Language models need a balance of 200 credits. Calls with a test key are free and count for nothing.
          </p>
        </section>
      </div>
    </>,
  );
}

export const pricingPages: AccountRoute[] = [{ method: 'GET', path: '/pricing', permission: 'public', handle: pricing }];
