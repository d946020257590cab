/** One model: what it costs and can do, and a call that works. */
import type { FC } from 'hono/jsx';
import type { Family } from '../core/family';
import type { PIECES, TextPrice } from '../core/money';
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import { wholePrice } from '../providers/catalogue/beside';
import { coveredLengths } from '../providers/catalogue/covered-lengths';
import { pricesByQuality } from '../providers/catalogue/picture-qualities';
import type { Model, Price } from '../providers/types';
import { type AccountRoute, parameter } from '../routes/account/route';
import { type ExampleMode, exampleMode, examples, filled, variantOf } from './examples';
import { within } from './frame';
import { FAMILY_LABELS, mediaFacts, tierLabel, words } from './model-words';
import { modelsAtOwnPrices, OfWhom } from './own-prices';
import { Code, Headings, Scroll, whole } from './parts';
import { isPlayable } from './playground-modes';
import { creditTag, unitOf, usdTag } from './price';
import { lostPage, page, viewerOf } from './shell';

type PiecePrice = Exclude<Price, { per: 'token' }>;

const PROMPTS: Partial<Record<ExampleMode, string>> = {
  image: 'A lighthouse in the fog',
  video: 'Waves at dusk',
  audio: '(happy) Good morning!',
};

/** How much one request covers, where a longer input counts as several. */
function coverage(model: Model): string {
  const { textBytesARequest, audioSecondsARequest } = coveredLengths(model);
  if (textBytesARequest !== undefined) return `, for each ${textBytesARequest.toLocaleString('en')} bytes of text`;
  return audioSecondsARequest === undefined ? '' : `, for each ${audioSecondsARequest} seconds of sound`;
}

const dearerQualities = (model: Model): string[] =>
  Object.entries(pricesByQuality(model).pricesByQuality ?? {}).flatMap(([quality, count]) =>
    count > 1 ? [`${quality} quality: ${count} times`] : [],
  );

const stated = (lines: [string, number | undefined][]): [string, number][] =>
  lines.filter((line): line is [string, number] => line[1] !== undefined);

const textLines = (price: TextPrice): [string, number][] =>
  stated([
    ['Input', price.inputMicroPerMtok],
    ['Input read from cache', price.cacheReadMicroPerMtok],
    ['Input written to cache, 5 minutes', price.cacheWrite5mMicroPerMtok],
    ['Input written to cache, 1 hour', price.cacheWrite1hMicroPerMtok],
    ['Output', price.outputMicroPerMtok],
  ]);

/** A line for each size tier or resolution with a price of its own; the default one is first. */
function pieceLines(model: Model, price: PiecePrice): [string, number][] {
  const line = (micro: number, ...tier: string[]): [string, number] => [
    [`Each ${unitOf(price)}${coverage(model)}`, ...tier, ...dearerQualities(model)].join(', '),
    micro,
  ];
  const tiers = Object.entries(price.tierMicro ?? {}).map(([tier, micro]) => line(micro, tier));
  return tiers.some(([, micro]) => micro === price.micro) ? tiers : [line(price.micro), ...tiers];
}

function priceLines(model: Model): [string, number][] {
  const { price } = model;
  if (!price) return [];
  if (price.per !== 'token') return pieceLines(model, price);
  const { audioInputMicroPerMtok: heard, audioOutputMicroPerMtok: spoken, longPrompts = [], ...text } = wholePrice(model, price);
  return stated([
    ...textLines(text),
    ['Input, sound', heard],
    ['Output, sound', spoken],
    ...longPrompts.flatMap(({ aboveTokens, ...long }) =>
      textLines(long).map(([name, micro]): [string, number] => [`${name}, prompts of more than ${whole(aboveTokens)} tokens`, micro]),
    ),
  ]);
}

/** Tools that run at the provider, by the model's endpoint. */
const TOOLS: Partial<Record<Family, readonly [name: string, price: (typeof PIECES)[number][1]][]>> = {
  messages: [
    ['Each web search', 'webSearchMicro'],
    ['Each container that runs code', 'containerMicro'],
  ],
  responses: [
    ['Each web search', 'webSearchMicro'],
    ['Each file search', 'fileSearchMicro'],
    ['Each container that runs code', 'containerMicro'],
  ],
  gemini: [
    ['Each prompt answered from a search', 'groundedPromptMicro'],
    ['Each search for a grounded answer', 'groundingQueryMicro'],
    ['Each prompt answered from a map', 'mapPromptMicro'],
  ],
};

function toolLines(model: Model): [string, number][] {
  const { price } = model;
  if (price?.per !== 'token') return [];
  const priced = wholePrice(model, price);
  const tools = TOOLS[model.family === 'chat' ? 'responses' : model.family] ?? [];
  return tools.map(([name, piece]): [string, number] => [name, priced[piece] ?? 0]).filter(([, micro]) => micro > 0);
}

const Prices: FC<{ model: Model }> = ({ model }) => {
  const lines = priceLines(model);
  const what = model.price?.per === 'token' ? 'A million tokens' : 'What';
  if (lines.length === 0) return <p class="quiet">{model.note ?? 'Listed without a price, and so not to be called yet.'}</p>;
  return (
    <Scroll label="Price">
      <table>
        <Headings of={[what, 'USD', 'Credits']} figures={['USD', 'Credits']} />
        <tbody>
          {[...lines, ...toolLines(model)].map(([name, micro]) => (
            <tr>
              <th scope="row">{name}</th>
              <td class="number">{usdTag(micro)}</td>
              <td class="number">{creditTag(micro)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
};

function factsOf(c: AppContext, model: Model): [string, string][] {
  const { providers } = c.get('gateway').registry;
  const chain = model.chain.flatMap(({ provider }) => providers.get(provider)?.spec.label ?? []);
  const facts: [string, string | undefined][] = [
    ['Maker', model.vendor],
    ['Kind', FAMILY_LABELS[model.family]],
    ['Context', model.contextTokens && `${whole(model.contextTokens)} tokens`],
    ['Longest answer', model.maxOutputTokens && `${whole(model.maxOutputTokens)} tokens`],
    ['Can do', model.capabilities?.map(words).join(', ')],
    ...mediaFacts(model),
    ['From tier', tierLabel(model)],
    ['Providers, in order', [...new Set(chain)].join(', ')],
    ['Also called', model.aliases?.join(', ')],
  ].map(([name, value]) => [name as string, value ? String(value) : undefined]);
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

async function modelPage(c: AppContext): Promise<Response> {
  const id = parameter(c, 'id');
  const { all } = c.get('gateway').registry.models;
  if (!all.some((one) => one.id === id)) {
    const named = all.find(({ aliases }) => aliases?.includes(id));
    return named ? c.redirect(within(`/models/${named.id}`, c.req.query('org')), 302) : lostPage(c);
  }
  const context = await viewerOf(c);
  const { models, own } = await modelsAtOwnPrices(c, context);
  const model = models.find((one) => one.id === id)!;
  const mode = exampleMode(model.family);
  const shown = examples(accountPlaneDeps(c).origin, mode).filter(({ variants }) => variants?.includes(variantOf(model)) ?? true);
  return page(
    c,
    {
      title: model.label,
      description: `${model.label} by ${model.vendor}: its price, context and capabilities, and a call that works.`,
      context,
    },
    <>
      <div class="head">
        <div class="tight">
          <p class="small">
            <a href={within('/models', c.req.query('org'))}>Models</a> <span class="quiet">/ {model.vendor}</span>
          </p>
          <h1>{model.label}</h1>
          <p class="mono quiet break">{model.id}</p>
        </div>
        {isPlayable(mode) && model.price && (
          <a class="button" href={within(`/playground?${new URLSearchParams({ mode, model: model.id })}`, c.req.query('org'))}>
            Try it in the playground
          </a>
        )}
      </div>
      <div class="columns">
        <section class="stack" aria-labelledby="price">
          <h2 id="price">Price</h2>
          <OfWhom own={own} />
          <Prices model={model} />
        </section>
        <section class="stack" aria-labelledby="facts">
          <h2 id="facts">Facts</h2>
          <dl class="facts">
            {factsOf(c, model).map(([name, value]) => (
              <>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </>
            ))}
          </dl>
        </section>
      </div>
      <section class="stack" aria-labelledby="call">
        <h2 id="call">Call it</h2>
        {shown.map(({ label, text }) => (
          <Code label={label}>{filled(text, model.id, PROMPTS[mode] ?? 'Say hi in one word.')}</Code>
        ))}
      </section>
    </>,
  );
}

/** Some ids contain a slash. */
export const modelPageRoute: AccountRoute = { method: 'GET', path: '/models/:id{.+}', permission: 'public', handle: modelPage };
