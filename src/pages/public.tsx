/** The front page. */
import type { FC } from 'hono/jsx';
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import { sandboxAnswers } from '../providers/registry';
import type { Model } from '../providers/types';
import type { AccountRoute } from '../routes/account/route';
import { within } from './frame';
import { FAMILY_LABELS, shortTokens } from './model-words';
import { modelsAtOwnPrices, OfWhom, type OwnPrices } from './own-prices';
import { Code, Headings, Points, Scroll } from './parts';
import { priceText } from './price';
import { SDKS, TOOLS } from './quickstarts';
import { page, viewerOf } from './shell';

/** One popular model of each kind; shown if it is in the catalogue. */
const SHOWN = [
  'gpt-5.5',
  'claude-opus-4-6',
  'claude-sonnet-4-6',
  'gemini-3-pro-official',
  'gpt-5.3-codex',
  'deepseek-v3.2',
  'gpt-image-2',
  'wan2.6',
];

const POINTS: [string, string][] = [
  [
    'Nothing to port',
    'The formats of OpenAI, Anthropic and Google, with their streams, tools and errors. Keep the SDK, change the base URL.',
  ],
  ['Fails over', 'A call goes on to the next provider until its first word is out, within one hold and one deadline.'],
  ['Charged once', 'Held before, settled after, whatever happens between. A call that fails is free.'],
  ['Adds up', 'Every call has a receipt: attempts, tokens, prices, and the sum that leads to the charge.'],
];

const curl = (origin: string): string => `export KEY=ck_...

curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "gpt-5.5",
    "messages": [{"role": "user", "content": "Say hi in one word."}]
  }'`;

interface PricesProps {
  models: Model[];
  count: number;
  own: OwnPrices['own'];
  org: string | undefined;
}

const Prices: FC<PricesProps> = ({ models, count, own, org }) => (
  <section class="stack" aria-labelledby="prices">
    <div class="head">
      <h2 id="prices">Models and prices</h2>
      <a href={within('/models', org)}>All {count} models</a>
    </div>
    <OfWhom own={own} />
    <Scroll label="Models and prices">
      <table>
        <Headings
          of={['Model', 'Maker', 'Kind', 'Context', 'Price, for text a million tokens']}
          figures={['Context']}
          wide={['Maker', 'Kind', 'Context']}
        />
        <tbody>
          {models.map(({ id, label, vendor, family, contextTokens, price }) => (
            <tr>
              <th scope="row">
                <a class="name" href={within(`/models/${id}`, org)}>
                  {label}
                </a>
              </th>
              <td class="wide-only">{vendor}</td>
              <td class="wide-only">{FAMILY_LABELS[family]}</td>
              <td class="number wide-only">{contextTokens === undefined ? '' : shortTokens(contextTokens)}</td>
              <td>{priceText(price)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </section>
);

const Clients: FC = () => (
  <section class="stack" aria-labelledby="clients">
    <h2 id="clients">Works with what you have</h2>
    <ul class="chips plain">
      {[...TOOLS, ...SDKS].map(({ id, name, where }) => (
        <li>
          <span class="chips">
            <a href={`/docs#${id}`}>{TOOLS.some((tool) => tool.id === id) ? name : `${name}, ${where}`}</a>
          </span>
        </li>
      ))}
    </ul>
  </section>
);

async function home(c: AppContext): Promise<Response> {
  const { origin, settings } = accountPlaneDeps(c);
  const context = await viewerOf(c);
  const { registry, settings: gateway } = c.get('gateway');
  const { models: all, own } = await modelsAtOwnPrices(c, context);
  const shown = SHOWN.flatMap((id) => all.find((model) => model.id === id) ?? []);
  return page(
    c,
    { title: 'One key in front of every model', context },
    <>
      <section class="hero" aria-labelledby="what">
        <div class="stack">
          <h1 id="what">One key in front of every model</h1>
          <p>
            {settings.BRAND} answers in the formats of OpenAI, Anthropic and Google for {all.length} models, from one prepaid wallet. Keep
            your SDK and change its base URL.
          </p>
          <div class="row">
            <a class="button" href={context ? within('/manage-api-keys', c.req.query('org')) : '/sign-up'}>
              {context ? 'Your keys' : 'Get a key'}
            </a>
            <a class="button plain" href={within('/playground', c.req.query('org'))}>
              Try it in the playground
            </a>
          </div>
        </div>
        <Code label="A first call with curl">{curl(origin)}</Code>
      </section>
      {sandboxAnswers({ registry, settings: gateway }) && (
        <p class="notice">
          No provider is set up on this gateway yet, so its sandbox answers for every model: real formats, made-up words. Its operator adds
          a provider with a variable such as <code>OPENAI_API_KEY</code>. <a href="/status">Status</a>
        </p>
      )}
      <Points of={POINTS} />
      <Clients />
      <Prices models={shown} count={all.length} own={own} org={c.req.query('org')} />
    </>,
  );
}

export const publicPages: AccountRoute[] = [{ method: 'GET', path: '/', permission: 'public', handle: home }];
