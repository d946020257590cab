// The document against what it describes: the mounted routes, the table of errors, and the readers of media fields.
import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/app';
import { ERRORS } from '../../../src/core/errors';
import { BASES, GEMINI_BASES, MODELS_BASE } from '../../../src/http/bases';
import { Fields } from '../../../src/jobs/read-fields';
import { readInput } from '../../../src/jobs/read-input';
import { buildDocument, ROUTES } from '../../../src/openapi/document';
import { MEANINGS } from '../../../src/openapi/errors';
import { MEDIA_FIELDS } from '../../../src/openapi/media-input';
import type { MediaKind } from '../../../src/providers/media/types';
import { ACCOUNT_ROUTES } from '../../../src/routes/account/routes';

interface Operation {
  operationId: string;
  'x-permission'?: string;
  responses: Record<string, { $ref?: string }>;
}

const document = buildDocument() as unknown as {
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
};
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const described = new Map<string, Operation>(
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => [`${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '{}')}`, operation] as const),
  ),
);

const longestFirst = (bases: readonly string[]): string[] => [...bases].sort((a, b) => b.length - a.length);

const GOOGLES = [
  ...['generateContent', 'streamGenerateContent', 'countTokens', 'embedContent', 'batchEmbedContents'],
  ...['predict', 'predictLongRunning'],
].map((method) => `POST /v1beta/models/{}:${method}`);
/** Google's paths below every base, not only its own. */
const GOOGLES_END = /\/(?:models\/\{\}\/operations\/\{\}|files\/\{\})$/;

/** The name of a mounted route in the document, which lists it once for all base paths. */
function namesOf(method: string, mounted: string): string[] {
  const path = mounted
    .replace(MODELS_BASE, '/v1')
    .replace(/:\w+(\{[^}]*\})?/g, '{}')
    .replace(/(?<=.)\/$/, '');
  const end = GOOGLES_END.exec(path)?.[0];
  if (end !== undefined) return [`${method} /v1beta${end.replace(/files\/\{\}/, '$&:download')}`];
  const google = longestFirst(GEMINI_BASES).find((base) => path.startsWith(`${base}/models`));
  if (google !== undefined) return method === 'POST' ? GOOGLES : [`${method} /v1beta${path.slice(google.length)}`];
  if (described.has(`${method} ${path}`)) return [`${method} ${path}`];
  const base = longestFirst(BASES).find((known) => path === known || path.startsWith(`${known}/`)) ?? '';
  const below = `/v1${path.slice(base.length)}`;
  return method === 'POST' && below === '/v1/models/{}' ? GOOGLES : [`${method} ${below}`];
}

/** The account plane is loaded on demand and has its own list; its pages, like `/`, are for people. */
const mounted = new Set<string>([
  ...createApp()
    .routes.filter(({ method, path }) => METHODS.includes(method.toLowerCase()) && path !== '/')
    .flatMap(({ method, path }) => namesOf(method, path)),
  ...ACCOUNT_ROUTES.map(({ method, path }) => `${method} ${path.replace(/:\w+/g, '{}')}`),
]);

/** Better-auth's own routes below `/api/auth/*`: the tests of sign-in and test/e2e/openapi.test.ts call them. */
const isSignIn = (name: string): boolean => / \/api\/auth\/(?!sso\/)/.test(name);

describe('the document', () => {
  it('has every route that is mounted', () => {
    expect([...mounted].filter((name) => !described.has(name))).toEqual([]);
  });

  it('names none that is not mounted', () => {
    expect([...described.keys()].filter((name) => !mounted.has(name) && !isSignIn(name))).toEqual([]);
  });

  it('names the permission of each route of the account plane', () => {
    for (const { method, path, permission } of ACCOUNT_ROUTES)
      expect(described.get(`${method} ${path.replace(/:\w+/g, '{}')}`)?.['x-permission'], `${method} ${path}`).toBe(permission);
  });

  it('gives each operation a name of its own', () => {
    const names = ROUTES.map(({ id }) => id);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has every error of the table, and each of its components is used', () => {
    expect(Object.keys(MEANINGS).sort()).toEqual(Object.keys(ERRORS).sort());
    // A path answers 405 to methods that it does not have, so no listed operation does.
    const listed = new Set([...ROUTES.flatMap(({ errors }) => errors), 'wrong_method']);
    expect(Object.keys(ERRORS).filter((kind) => !listed.has(kind))).toEqual([]);
    const text = JSON.stringify(document);
    const references = new Set([...text.matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)].map(([, kind, name]) => `${kind}/${name}`));
    for (const kind of ['schemas', 'responses', 'headers'])
      for (const name of Object.keys(document.components[kind]!)) expect(references, name).toContain(`${kind}/${name}`);
    for (const reference of references) {
      const [kind, name] = reference.split('/');
      expect(document.components[kind!]?.[name!], reference).toBeDefined();
    }
  });

  it('says of each field of a request what it is', () => {
    type Shape = {
      description?: string;
      not?: unknown;
      $ref?: string;
      properties?: Record<string, Shape>;
      anyOf?: Shape[];
      allOf?: Shape[];
    };
    const schemas = document.components.schemas as Record<string, Shape>;
    const asked = new Set(
      [...JSON.stringify(document.paths).matchAll(/"(?:schema)":\{"\$ref":"[^"]+\/(\w+(?:Params|Request))"/g)].map(([, name]) => name!),
    );
    const silent: string[] = [];
    const look = (name: string): void => {
      const schema = schemas[name]!;
      for (const part of [schema, ...(schema.anyOf ?? []), ...(schema.allOf ?? [])]) {
        if (part.$ref) look(part.$ref.split('/').at(-1)!);
        for (const [field, { description, not, $ref }] of Object.entries(part.properties ?? {}))
          if (!description && !not && !($ref && schemas[$ref.split('/').at(-1)!]?.description)) silent.push(`${name}.${field}`);
      }
    };
    for (const name of asked) look(name);
    expect(asked.size).toBeGreaterThan(30);
    expect(silent).toEqual([]);
  });

  it('says of prices only where they are', () => {
    expect(JSON.stringify(document)).not.toMatch(/MicroPerMtok|inUsd/);
  });
});

describe('the fields of media', () => {
  it.each(Object.keys(MEDIA_FIELDS) as MediaKind[])('are those that the reader of %s reads', (kind) => {
    const read = new Set<string>();
    const watched = new Proxy({}, { get: (_, name) => void read.add(String(name)) });
    readInput(kind, new Fields(watched, {}, { privateAddresses: 'refused' } as never), { kind } as never);
    expect([...read].sort()).toEqual(Object.keys(MEDIA_FIELDS[kind]).sort());
  });
});
