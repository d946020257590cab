/** What anybody may see: what this is, and which models there are at which price. */
import type { VerbContext } from '../console/context';
import { FAMILIES } from '../core/family';
import { MICRO_PER_USD, toCredits } from '../core/money';
import { accountPlaneDeps } from '../http/account-deps';
import { authorize } from '../http/caller';
import type { AppContext } from '../http/context';
import type { Model, Price } from '../providers/types';
import type { AccountRoute } from '../routes/account/route';
import { page } from './shell';

/** Who is signed in sees their own frame around what everybody sees. */
async function viewerOf(c: AppContext): Promise<VerbContext | undefined> {
  if (!c.req.header('cookie')) return undefined;
  const viewer = await authorize(c, 'self');
  return viewer.ok ? viewer.value : undefined;
}

async function home(c: AppContext): Promise<Response> {
  const { origin } = accountPlaneDeps(c);
  const context = await viewerOf(c);
  const curl = `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer ck_..." \\
  -H "Content-Type: application/json" \\
  -d '{"model": "gpt-5.5", "messages": [{"role": "user", "content": "Say hi in one word."}]}'`;
  return page(
    c,
    { title: 'One key for every model', context },
    <>
      <section class="hero">
        <h1>One key in front of every model</h1>
        <p>
          Keep your SDK and change its base URL. Calls fail over between providers, streams stay alive, and every call is charged exactly
          once from one prepaid wallet.
        </p>
        <div class="row">
          <a class="button" href={context ? '/manage-api-keys' : '/sign-up'}>
            {context ? 'Your keys' : 'Get a key'}
          </a>
          <a class="button plain" href="/models">
            Models and prices
          </a>
        </div>
      </section>
      <section class="stack" aria-labelledby="first">
        <h2 id="first">A first call</h2>
        <pre tabindex={0}>
          <code>{curl}</code>
        </pre>
        <p class="quiet">100 credits are 1 USD. What a call cost is in its answer, with every attempt and price behind it.</p>
      </section>
    </>,
  );
}

const usd = (micro: number): string => (micro / MICRO_PER_USD).toLocaleString('en', { maximumFractionDigits: 4 });

function priceText(price: Price | undefined): string {
  if (!price) return 'not priced yet';
  if (price.per === 'token') return `${usd(price.inputMicroPerMtok)} in, ${usd(price.outputMicroPerMtok)} out, a million tokens`;
  return `${toCredits(price.micro)} credits (${usd(price.micro)} USD) a ${price.per}`;
}

function fits(model: Model, family: string, query: string): boolean {
  const named = `${model.id} ${model.label} ${model.vendor}`.toLowerCase();
  return (family === '' || model.family === family) && named.includes(query.toLowerCase());
}

async function models(c: AppContext): Promise<Response> {
  const { family = '', q = '' } = c.req.query();
  const shown = c.get('gateway').registry.models.all.filter((model) => fits(model, family, q));
  return page(
    c,
    { title: 'Models and prices', context: await viewerOf(c) },
    <>
      <h1>Models and prices</h1>
      <form class="filter" method="get" action="/models" aria-label="Filter">
        <label>
          Name, id or maker
          <input name="q" value={q} />
        </label>
        <label>
          Kind
          <select name="family">
            <option value="">any</option>
            {FAMILIES.map((name) => (
              <option selected={name === family}>{name}</option>
            ))}
          </select>
        </label>
        <button type="submit">Filter</button>
      </form>
      <p class="quiet">{shown.length} models. Prices are in USD; 100 credits are 1 USD.</p>
      <section class="scroll" tabindex={0} aria-label="Models">
        <table>
          <thead>
            <tr>
              {['Model', 'Maker', 'Kind', 'Price', 'Context', 'From tier'].map((heading) => (
                <th scope="col">{heading}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((model) => (
              <tr>
                <td>
                  {model.label}
                  <br />
                  <span class="mono quiet">{model.id}</span>
                </td>
                <td>{model.vendor}</td>
                <td>{model.family}</td>
                <td>{priceText(model.price)}</td>
                <td class="number">{model.contextTokens?.toLocaleString('en') ?? ''}</td>
                <td>{model.minimumTier ?? 'free'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>,
  );
}

export const publicPages: AccountRoute[] = [
  { method: 'GET', path: '/', permission: 'public', handle: home },
  { method: 'GET', path: '/models', permission: 'public', handle: models },
  { method: 'GET', path: '/pricing', permission: 'public', handle: models },
];
