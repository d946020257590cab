// Shared by the tests of importers: the models that the gateway lists, its own check of what was imported, and the commands.

import { runAdmin } from '../../scripts/lib/admin-cli.mjs';
import { MODELS } from '../../src/providers/catalogue';
import { buildRegistry, withOverrides } from '../../src/providers/registry';

/** The fields of `GET /v1/models` that importers read. */
export const LISTED = MODELS.map(({ id, family, aliases, price }) => ({ id, family, aliases: aliases ?? [], pricing: price ?? null }));

export const listed = () => new Map(LISTED.map((model) => [model.id, model]));

/** What this gateway finds wrong with an import once its variables are set. */
export function errorsOf({ catalogue, customProviders, keys }) {
  const variables = Object.fromEntries(keys.map(({ name, secrets }) => [name, secrets.join(',')]));
  const registry = buildRegistry({ ...variables, CUSTOM_PROVIDERS: JSON.stringify(customProviders) });
  const checked = withOverrides(registry, JSON.stringify(catalogue));
  return checked.ok ? [] : checked.errors;
}

/** Runs a command against a gateway that lists its models and makes keys, except for the model `none`; `bodies` are what it was sent. */
export async function admin(...argv) {
  const printed = [];
  const bodies = [];
  const fetch = async (address, { body }) => {
    if (body) bodies.push(JSON.parse(body));
    if (bodies.at(-1)?.models?.includes('none')) return Response.json({ error: { message: 'There is no none.' } }, { status: 400 });
    return Response.json(address.endsWith('/v1/models') ? { data: LISTED } : { ...bodies.at(-1), key: 'ck_new' });
  };
  const print = (text) => printed.push(text);
  const code = await runAdmin(argv, { env: { ADMIN_TOKEN: 'token' }, print, printError: print, fetch });
  return { code, output: printed.join('\n'), bodies };
}
