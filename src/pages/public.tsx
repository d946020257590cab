/** What this is. */
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { Code, page, viewerOf } from './shell';

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
        <Code label="A first call with curl">{curl}</Code>
        <p>
          <a href="/docs">Set up Claude Code, Codex, OpenCode, Cursor, Gemini CLI or an SDK</a>, or{' '}
          <a href="/playground">try it in the playground</a>.
        </p>
        <p class="quiet">100 credits are 1 USD. What a call cost is in its answer, with every attempt and price behind it.</p>
      </section>
    </>,
  );
}

export const publicPages: AccountRoute[] = [{ method: 'GET', path: '/', permission: 'public', handle: home }];
