/** How to begin: the few lines that each client needs, with this host filled in. */
import type { FC } from 'hono/jsx';
import type { KeyView } from '../console/api-keys/internal';
import { listApiKeys } from '../console/api-keys/list';
import type { VerbContext } from '../console/context';
import { tokenBeginning } from '../core/api-key';
import { accountPlaneDeps } from '../http/account-deps';
import { authorize } from '../http/caller';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { within } from './frame';
import { Code, Headings, Scroll } from './parts';
import { IN_TURN, MEDIA, OWN_SDK, type Quickstart, SDKS, TOOLS, WEBHOOK } from './quickstarts';
import { sdkUrl } from './sdk-package';
import { page, viewerOf } from './shell';

const KEY = 'ck_...';

const Start: FC<{ of: Quickstart; origin: string; keyShown: string }> = ({ of: { id, name, where, text, note }, origin, keyShown }) => (
  <section class="stack" id={id} aria-label={`${name}, ${where}`}>
    <h3>{name}</h3>
    <Code label={`${name}: ${where}`}>{text(origin, keyShown)}</Code>
    {note !== undefined && <p class="small quiet">{note}</p>}
  </section>
);

/** The page's table of contents. */
const CONTENTS: [heading: string, parts: [id: string, name: string][]][] = [
  ['Tools', TOOLS.map(({ id, name }) => [id, name])],
  ['SDKs', SDKS.map(({ id, name, where }) => [id, `${name}, ${where}`])],
  [
    'The API',
    [
      ['media', 'Images, video, sound and 3D'],
      ['failures', 'When something fails'],
      ['money', 'What it costs'],
      ['errors', 'Errors'],
    ],
  ],
];

/** The viewer in the wallet that the page is about; their own if they are not in that organization. */
async function inWallet(c: AppContext, context: VerbContext | undefined): Promise<VerbContext | undefined> {
  if (!context || c.req.query('org') === undefined) return context;
  const found = await authorize(c, 'keys.read');
  return found.ok ? found.value : context;
}

/** The beginning of the wallet's newest key, so that people know which one to paste. The rest of it is stored nowhere. */
async function keyHint(context: VerbContext | undefined): Promise<{ shown: string; name?: string }> {
  if (!context?.permissions.has('keys.read')) return { shown: KEY };
  const isGood = ({ status, mode, purpose, expiresAt }: KeyView): boolean =>
    status === 'active' && mode === 'live' && purpose === null && (expiresAt === null || Date.parse(expiresAt) > context.now());
  const key = (await listApiKeys(context)).keys.find(isGood);
  return key ? { shown: `${tokenBeginning('live', context.accountId, key.id)}...`, name: key.name } : { shown: KEY };
}

const ERRORS: [status: string, type: string, what: string][] = [
  ['400', 'invalid_request_error', 'The message names the field. An unknown model lists those there are.'],
  ['401', 'authentication_error', 'No key, or one that is not good, or not from there.'],
  ['402', 'insufficient_credits', 'It says what is required and what is available.'],
  ['403', 'access_denied', 'A tier is missing, or the key may not use this model.'],
  ['429', 'rate_limit_error', 'The hour’s calls are used up; spending_limit_error when the key’s limit is.'],
  ['502', 'api_error', 'Every provider failed. Nothing was charged.'],
];

const Failures: FC<{ origin: string; keyShown: string }> = ({ origin, keyShown }) => (
  <section class="stack" id="failures" aria-labelledby="failures-name">
    <h2 id="failures-name">When something fails</h2>
    <p class="prose">
      A call goes to the next provider of its model by itself. <code>models</code> names other models to be asked after that, in chat,
      Responses and Messages: the one that answers is charged. With an <code>Idempotency-Key</code> a call that is sent again brings the
      first answer, and costs nothing. With <code>x-resumable: true</code> a stream goes on when the connection was lost, at{' '}
      <code>/v1/generations/{'{x-request-id}'}/stream</code>.
    </p>
    <Code label="Other models with curl">{IN_TURN(origin, keyShown)}</Code>
  </section>
);

const Money: FC<{ org: string | undefined }> = ({ org }) => (
  <section class="stack prose" id="money" aria-labelledby="money-name">
    <h2 id="money-name">What it costs</h2>
    <p>
      100 credits are 1 USD. A call holds its estimated price before it starts and is charged what it came to, once. What fails is free. The
      charge is in the header <code>x-credits-charged</code> and in <code>creditsUsed</code>; in a stream, on the last event with usage.
    </p>
    <p>
      <code>GET /v1/generations/{'{x-request-id}'}</code> has every attempt and every price behind it, and <code>GET /v1/key</code> the
      limits of the key that asks and what is left of them. <a href={within('/models', org)}>Models and prices</a>
    </p>
    <p>
      Usage can be had by customers of your own, whom a call names as <code>user</code> or in the header <code>x-end-user</code>, and by the
      tags in <code>x-tags</code>: <code>GET /api/api-usage/breakdown?by=endUser</code>.
    </p>
  </section>
);

const ErrorTable: FC = () => (
  <section class="stack" id="errors" aria-labelledby="errors-name">
    <h2 id="errors-name">Errors</h2>
    <Scroll label="Errors">
      <table>
        <Headings of={['Status', 'Type', 'What it says']} />
        <tbody>
          {ERRORS.map(([status, type, what]) => (
            <tr>
              <th scope="row">{status}</th>
              <td class="mono">{type}</td>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
    <p class="small quiet">
      In each API’s own shape. <code>x-should-retry: false</code> is on every refusal that sending it again cannot cure.
    </p>
  </section>
);

const KeyWords: FC<{ context: VerbContext | undefined; name: string | undefined }> = ({ context, name }) => {
  const makes = context?.permissions.has('keys.write');
  const keys = within('/manage-api-keys', context?.organization?.id);
  if (name !== undefined)
    return (
      <>
        The examples begin with your key “{name}”; put its whole secret there{makes && ', or '}
        {makes && <a href={keys}>make another</a>}.
      </>
    );
  const way = makes ? <a href={keys}>Make a key</a> : context ? 'Have a key made for you' : <a href="/sign-up">Get a key</a>;
  return (
    <>
      {way} and put it where <code>{KEY}</code> stands.
    </>
  );
};

const Contents: FC = () => (
  <nav aria-label="On this page">
    {CONTENTS.map(([heading, parts]) => (
      <>
        <span class="strong">{heading}</span>
        {parts.map(([id, name]) => (
          <a href={`#${id}`}>{name}</a>
        ))}
      </>
    ))}
    <a href="/docs/api">Reference of every path</a>
    <a href="/docs/infra">Your own GPUs</a>
    <a href="/llms.txt">As a text, for coding agents</a>
  </nav>
);

async function docs(c: AppContext): Promise<Response> {
  const { origin } = accountPlaneDeps(c);
  const context = await viewerOf(c);
  const here = await inWallet(c, context);
  const hint = await keyHint(here);
  return page(
    c,
    { title: 'Docs', description: 'Claude Code, Codex CLI, OpenCode, Cursor, Gemini CLI and every SDK by base URL and key.', context },
    <>
      <div class="stack">
        <h1>Change the base URL, keep everything else</h1>
        <p class="lead">
          Every client below works by its base URL and a key. <KeyWords context={here} name={hint.name} />
        </p>
      </div>
      <div class="sides">
        <Contents />
        <div class="loose">
          <div class="loose">
            <h2>Tools</h2>
            {TOOLS.map((tool) => (
              <Start of={tool} origin={origin} keyShown={hint.shown} />
            ))}
          </div>
          <div class="loose">
            <h2>SDKs</h2>
            {SDKS.map((sdk) => (
              <Start of={sdk} origin={origin} keyShown={hint.shown} />
            ))}
          </div>
          <section class="stack" id="media" aria-labelledby="media-name">
            <h2 id="media-name">Images, video, sound and 3D</h2>
            <p class="prose">
              What is made comes in the answer. A video is a job: ask for it, then look at it until it is completed. Images, video and sound
              need the <a href="/pricing#tiers">Starter tier</a>; 3D needs none.
            </p>
            {MEDIA.map(({ name, text }) => (
              <Code label={`${name} with curl`}>{text(origin, hint.shown)}</Code>
            ))}
          </section>
          <Failures origin={origin} keyShown={hint.shown} />
          <Money org={here?.organization?.id} />
          <ErrorTable />
        </div>
      </div>
    </>,
  );
}

async function sdk(c: AppContext): Promise<Response> {
  const { origin } = accountPlaneDeps(c);
  return page(
    c,
    { title: 'SDKs', context: await viewerOf(c) },
    <>
      <div class="stack">
        <h1>The SDK that you have is the one</h1>
        <p class="lead">
          The makers’ own SDKs work unchanged, with types, retries and streams as they are. For jobs, media and GPUs there is one of ours.
        </p>
      </div>
      <section class="stack" aria-labelledby="ours">
        <div class="tight">
          <h2 id="ours">hypereal-sdk</h2>
          <p class="prose quiet">
            TypeScript, for Node.js 18 and later, Deno, Bun, Workers and browsers behind a proxy of yours. Typed errors, one charge a call,
            streams that end or say why not.
          </p>
        </div>
        <Code label="In a shell">npm install {await sdkUrl(c)}</Code>
        <Code label="TypeScript">{OWN_SDK(origin)}</Code>
      </section>
      <div class="stack">
        <h2>The makers’ own</h2>
        <p class="prose quiet">
          Add <code>/v1</code> to the host or leave it out, as the client likes: both lead to the same place.
        </p>
      </div>
      <div class="loose">
        {SDKS.map((one) => (
          <Start of={one} origin={origin} keyShown={KEY} />
        ))}
        <section class="stack" aria-labelledby="webhooks">
          <h2 id="webhooks">Webhooks</h2>
          <p class="prose">
            Send <code>webhook_url</code> with a job to be told when it ends. Deliveries are signed as Standard Webhooks says; the secret is
            at <code>GET /v1/webhooks/secret</code>.
          </p>
          <Code label="Checking a webhook in TypeScript">{WEBHOOK}</Code>
        </section>
      </div>
    </>,
  );
}

export const docsPages: AccountRoute[] = [
  { method: 'GET', path: '/docs', permission: 'public', handle: docs },
  { method: 'GET', path: '/sdk', permission: 'public', handle: sdk },
];
