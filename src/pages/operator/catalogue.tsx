/** The catalogue's file: edited, checked against what is in force, and put in force. See docs/catalogue.md. */
import type { FC } from 'hono/jsx';
import {
  type CheckedCatalogue,
  changesOf,
  checkCatalogue,
  type ModelChange,
  readCatalogue,
  showCatalogue,
  storeCatalogue,
} from '../../console/catalogue/manage';
import type { OperatorContext } from '../../console/context';
import { ERRORS, type GatewayError } from '../../core/errors';
import type { AppContext } from '../../http/context';
import { liveCatalogue } from '../../http/deps';
import type { CatalogueError } from '../../providers/overrides/schema';
import type { Model } from '../../providers/types';
import type { AccountRoute } from '../../routes/account/route';
import { marked } from '../form';
import { Code, Headings, Name, Notice, plural, Scroll, Time, whole } from '../parts';
import { priceText } from '../price';
import { fields, page } from '../shell';
import { CATALOGUE, MODELS } from './models';

/** As a file of its own it changes nothing. */
const NO_CHANGE = `{
  "models": []
}
`;

const EXAMPLE = `{
  "priceFactor": 1.25,
  "models": [
    { "id": "gpt-5.5", "price": { "inputUsdPerMtok": 5, "outputUsdPerMtok": 30 } },
    { "id": "gpt-5.4", "chain": [{ "provider": "openrouter", "model": "openai/gpt-5.4" }] },
    { "id": "kling-v3", "price": null },
    {
      "id": "my-model",
      "family": "chat",
      "chain": [{ "provider": "openai", "model": "gpt-5.4-mini" }],
      "price": { "inputUsdPerMtok": 0.2, "outputUsdPerMtok": 0.6 },
      "aliases": ["my-model-latest"]
    }
  ]
}`;

const CHANGES_SHOWN = 200;

/** The form as it was sent, and what came of it. */
interface Sent {
  text: string;
  /** Of the file that the change began from; empty where there was none. */
  etag: string;
  error?: GatewayError;
  checked?: CheckedCatalogue;
  changes?: ModelChange[];
}

const isOther = (one: Model, other: Model, field: keyof Model): boolean => JSON.stringify(one[field]) !== JSON.stringify(other[field]);

/** A price has more to it than its column says: what is read from a cache, sizes, tools. */
function namesOf(one: Model, other: Model): string[] {
  const fields = [...new Set([...Object.keys(one), ...Object.keys(other)])] as (keyof Model)[];
  const isPriceShown = priceText(one.price) !== priceText(other.price);
  return fields
    .filter((field) => isOther(one, other, field) && !(field === 'price' && isPriceShown))
    .map((field) => (field === 'price' ? 'more of its price' : field));
}

/** What changes beside the price that is shown. */
function otherwise({ before, after }: ModelChange): string {
  if (!before) return 'new';
  return after ? namesOf(before, after).join(', ') : 'no longer there';
}

const Price: FC<{ of: Model | undefined }> = ({ of: model }) => (model ? priceText(model.price) : <span class="quiet">–</span>);

const Changes: FC<{ of: ModelChange[] }> = ({ of: changes }) => (
  <section class="stack" aria-labelledby="changes">
    <h2 id="changes">What it would change</h2>
    {changes.length === 0 ? (
      <p>Nothing: all that it says is in force.</p>
    ) : (
      <Scroll label="Changes" long>
        <table>
          <Headings of={['Model', 'Price now', 'Price with it', 'Otherwise']} wide={['Otherwise']} />
          <tbody>
            {changes.slice(0, CHANGES_SHOWN).map((change) => (
              <tr>
                <th scope="row" class="break mono">
                  <Name of={(change.after ?? change.before)!.id} />
                  <small class="narrow-only">{otherwise(change)}</small>
                </th>
                <td>
                  <Price of={change.before} />
                </td>
                <td>
                  <Price of={change.after} />
                </td>
                <td class="wide-only break">{otherwise(change)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    )}
    {changes.length > CHANGES_SHOWN && <p class="small quiet">And {whole(changes.length - CHANGES_SHOWN)} more.</p>}
  </section>
);

const Mistakes: FC<{ of: readonly CatalogueError[] }> = ({ of: errors }) => (
  <ul class="lines" aria-label="Mistakes">
    {errors.map(({ line, column, field, message }) => (
      <li>
        <span>
          {field !== '' && <span class="mono">{field}: </span>}
          {message}
        </span>
        <span class="small quiet">
          line {line}, column {column}
        </span>
      </li>
    ))}
  </ul>
);

const Editor: FC<{ sent: Sent }> = ({ sent: { text, etag, error, checked } }) => (
  <form method="post" action={CATALOGUE} enctype="multipart/form-data">
    <input type="hidden" name="etag" value={etag} />
    <label>
      The file, as JSON
      {/* HTML drops a line break at the beginning. */}
      <textarea class="mono" name="text" rows={22} required spellcheck={false} autocomplete="off" {...marked(error, 'text')}>
        {`\n${text}`}
      </textarea>
    </label>
    {checked && checked.errors.length > 0 && <Mistakes of={checked.errors} />}
    <div class="row">
      <button type="submit" class="plain" formaction={`${CATALOGUE}/check`}>
        Check
      </button>
      <button type="submit" data-ask="Put this file in force? Calls go by it within half a minute.">
        Put it in force
      </button>
    </div>
  </form>
);

const InForce: FC<{ of: Awaited<ReturnType<typeof showCatalogue>> }> = ({ of: { version, file } }) => (
  <p class="small quiet">
    {file ? (
      <>
        This file of <Time at={file.uploadedAt} /> UTC {file.valid ? `changes ${plural(file.models.length, 'model')}` : 'cannot be used'}
      </>
    ) : (
      'There is no file yet'
    )}
    {version !== null && (
      <>
        ; in force: version <span class="mono break">{version}</span>
      </>
    )}
  </p>
);

const BROKEN = 'The file in place cannot be used. The last one that could be is in force, or none.';

async function cataloguePage(c: AppContext, sent?: Sent): Promise<Response> {
  const live = liveCatalogue(c.env);
  const present = await showCatalogue(live);
  const { text = NO_CHANGE, etag = '' } = sent ? {} : await readCatalogue(live);
  const edited = sent ?? { text, etag };
  const { error, checked, changes } = edited;
  const errors = sent ? [] : (present.file?.errors ?? []);
  const usable =
    checked?.valid && error === undefined
      ? `It can be used, and changes ${plural(checked.models.length, 'model')} of the catalogue. Nothing is stored yet; what would be different from now is below.`
      : undefined;
  return page(
    c,
    { title: 'Prices and models', operator: true, ...(error && { status: error.status ?? ERRORS[error.kind].status }) },
    <>
      <div class="head">
        <div class="tight">
          <p class="small">
            <a href={MODELS}>Models</a>
          </p>
          <h1>Prices and models</h1>
          <InForce of={present} />
        </div>
        {sent && (
          <a class="button plain" href={CATALOGUE}>
            Begin anew
          </a>
        )}
      </div>
      <Notice
        error={error ?? (errors.length > 0 ? BROKEN : undefined)}
        message={usable ?? (c.req.query('done') === 'stored' ? 'In force here now, and everywhere within half a minute.' : undefined)}
      />
      {errors.length > 0 && <Mistakes of={errors} />}
      <Editor sent={edited} />
      {changes && <Changes of={changes} />}
      <details>
        <summary>An example</summary>
        <div class="stack">
          <p class="small prose">
            All prices a quarter up but one that is set, another provider, a model taken off sale, and a new one. What is left out stays as
            it was. Every field is in <code>docs/catalogue.md</code>.
          </p>
          <Code label="Example">{EXAMPLE}</Code>
        </div>
      </details>
    </>,
  );
}

/** Browsers send a field's lines as on Windows. */
async function sentBy(c: AppContext): Promise<Sent> {
  const { text = '', etag = '' } = await fields(c);
  return { text: `${text.replaceAll('\r\n', '\n')}\n`, etag };
}

const unusable = ({ errors }: CheckedCatalogue): GatewayError => ({
  kind: 'invalid_request',
  message: `It cannot be used, and nothing is stored: ${plural(errors.length, 'mistake')}.`,
  param: 'text',
});

async function check(c: AppContext): Promise<Response> {
  const [sent, live] = [await sentBy(c), liveCatalogue(c.env)];
  await live.load();
  const checked = checkCatalogue(live, sent.text);
  return checked.valid
    ? cataloguePage(c, { ...sent, checked, changes: changesOf(live, sent.text) })
    : cataloguePage(c, { ...sent, checked, error: unusable(checked) });
}

async function store(c: AppContext, context: OperatorContext): Promise<Response> {
  const [sent, live] = [await sentBy(c), liveCatalogue(c.env)];
  const stored = await storeCatalogue(context, live, sent.text, { etag: sent.etag || undefined });
  if (stored.ok) return c.redirect(`${CATALOGUE}?done=stored`, 303);
  const checked = checkCatalogue(live, sent.text);
  return cataloguePage(c, { ...sent, checked, error: checked.valid ? stored.error : unusable(checked) });
}

export const cataloguePages: AccountRoute[] = [
  { method: 'GET', path: CATALOGUE, permission: 'operator', handle: (c) => cataloguePage(c) },
  { method: 'POST', path: CATALOGUE, permission: 'operator', handle: store },
  { method: 'POST', path: `${CATALOGUE}/check`, permission: 'operator', handle: check },
];
