/** How to use this gateway, for language models that write programs: https://llmstxt.org */
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { IN_TURN, MEDIA, OWN_SDK, type Quickstart, SDKS, WEBHOOK } from './quickstarts';
import { sdkUrl } from './sdk-package';

const KEY = 'ck_...';

const block = (title: string, text: string): string => `### ${title}\n\n\`\`\`\n${text}\n\`\`\``;

function textOf(brand: string, origin: string, sdk: string): string {
  const shown = ({ name, text }: Pick<Quickstart, 'name' | 'text'>) => block(name, text(origin, KEY));
  return `# ${brand}

> One key and one prepaid wallet in front of every language, image, video and audio model, in the formats of OpenAI, Anthropic and Google.

- Base URL: \`${origin}/v1\` for OpenAI's clients, \`${origin}\` for Anthropic's and Google's.
- A key begins with \`ck_\` and goes into \`Authorization: Bearer\`, \`x-api-key\` or \`x-goog-api-key\`. One that begins with \`ck_test_\` answers
  from a sandbox, free of charge.
- Models and prices: \`GET ${origin}/v1/models\`. Anthropic's models are served at \`/v1/messages\`, other language models at
  \`/v1/chat/completions\` and \`/v1/responses\`.
- 100 credits are 1 USD. A call's cost is in the header \`x-credits-charged\` and in \`creditsUsed\`; what fails is free.
- Send an \`Idempotency-Key\` with what is paid: sent again, it brings the first answer without another charge.
- Errors are \`{"error": {"type", "message", "param", "request_id"}}\` or the format's own. \`x-should-retry: false\` means that a retry is
  in vain: 400 names the field, 401 the key, 402 what is \`required\` and \`available\`, 403 what is not allowed, 429 a limit.

## Reference

- [Every path, field and answer](${origin}/openapi.json): OpenAPI 3.1; for reading, [by group](${origin}/docs/api)
- [Coding tools and SDKs](${origin}/docs)
- [Your own containers on rented GPUs](${origin}/docs/infra)
- [Prices and tiers](${origin}/pricing)

## The makers' SDKs

${SDKS.map(({ name, where, text }) => block(`${name}, ${where}`, text(origin, KEY))).join('\n\n')}

## hypereal-sdk

TypeScript, with jobs, media, files, GPUs and webhooks: \`npm install ${sdk}\`

${block('A stream, and a video', OWN_SDK(origin))}

## Calls

${MEDIA.map(shown).join('\n\n')}

${block('Other models, should the first fail', IN_TURN(origin, KEY))}

${block('Checking a webhook', WEBHOOK)}
`;
}

async function llms(c: AppContext): Promise<Response> {
  const { origin, settings } = accountPlaneDeps(c);
  return c.text(textOf(settings.BRAND, origin, await sdkUrl(c)));
}

export const llmsRoute: AccountRoute = { method: 'GET', path: '/llms.txt', permission: 'public', handle: llms };
