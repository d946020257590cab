// The types of requests and answers, from the gateway's OpenAPI document, which is made of the schemas that its routes
// validate with. `node sdk/scripts/types.mjs` writes them; a test fails while what is written is not what this makes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const TYPES_FILE = join(ROOT, 'sdk/src/types/api.ts');

/** The schemas that the SDK is called with and answers with; those that they refer to come with them. */
const TYPES = [
  ...['ChatParams', 'ChatCompletion', 'ChatChunk', 'ChatSendParams', 'ChatReply', 'EmbeddingParams', 'EmbeddingResult'],
  ...['MessageParams', 'Message', 'MessageEvent', 'MessageCountParams', 'MessageCount'],
  ...['ResponseParams', 'ResponseObject', 'ResponseEvent', 'StoredResponse', 'ResponseItems', 'ResponseDeleted'],
  ...['NestedParams', 'ImageParams', 'ImageResult', 'ImageCreateParams', 'ImageCreateResult', 'ImageEditParams', 'ImageEvent'],
  ...['VideoParams', 'VideoStarted', 'VideoResult', 'SpeechParams', 'CloneParams', 'TranscriptionParams'],
  ...['AudioResult', 'TranscriptionResult', 'Model3dParams', 'Model3dResult'],
  ...['Job', 'JobPage', 'JobDeleted', 'GpuModelParams', 'GpuParams', 'GpuJob', 'GpuCatalogue'],
  ...['DeploymentParams', 'DeploymentFields', 'Deployment', 'DeploymentList', 'DeploymentDeleted'],
  ...['StorageObject', 'StoragePage', 'StorageDeleted'],
  ...['WebhookEvent', 'WebhookSecret', 'WebhookDelivery', 'WebhookDeliveryList'],
  ...['Model', 'ModelList', 'Generation', 'OwnKey'],
  ...['ApiKey', 'NewApiKey', 'ApiKeyList', 'ApiKeyParams', 'ApiKeyFields', 'ApiKeyRotateParams', 'UsageReport', 'UsageBreakdown'],
  'UsageRefusals',
];

/** Queries, by the operations that take them. */
const QUERIES = {
  JobListParams: 'listJobs',
  StorageListParams: 'listFiles',
  WebhookDeliveryListParams: 'listWebhookDeliveries',
  UsageParams: 'getUsage',
  UsageRefusalsParams: 'listRefusals',
};

/** What only runs in Workers has no part in the document. */
const workersOnly = {
  name: 'workers-only',
  setup(bundle) {
    bundle.onResolve({ filter: /^cloudflare:/ }, ({ path }) => ({ path, namespace: 'workers-only' }));
    bundle.onLoad({ filter: /.*/, namespace: 'workers-only' }, () => ({
      // Whatever is imported of it: nothing of it is called.
      contents: 'module.exports = new Proxy({}, { get: () => class {} });',
    }));
    bundle.onLoad({ filter: /\.client\.js$/ }, () => ({ contents: 'export default ""' }));
  },
};

/**
 * The document, as `/openapi.json` has it. It is made in a process of its own, which ends as soon as it is there: what
 * the gateway's modules begin when they are loaded is of no use here.
 */
export async function buildDocument() {
  const folder = mkdtempSync(join(tmpdir(), 'sdk-types-'));
  const [program, document] = ['program.cjs', 'document.json'].map((name) => join(folder, name));
  try {
    await build({
      stdin: {
        contents: `import { writeFileSync } from 'node:fs';
import { buildDocument } from './src/openapi/document';
writeFileSync(process.argv[2], JSON.stringify(buildDocument()));
process.exit(0);`,
        resolveDir: ROOT,
      },
      bundle: true,
      outfile: program,
      format: 'cjs',
      platform: 'node',
      // Nothing is called here, so the modules for workerd may be empty.
      loader: { '.wasm': 'empty' },
      logLevel: 'error',
      plugins: [workersOnly],
    });
    const { status, stderr } = spawnSync(process.execPath, [program, document], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(readFileSync(document, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const nameOf = (reference) => reference.split('/').at(-1);
const isName = (text) => /^[A-Za-z_$][\w$]*$/.test(text);
const comment = (description, indent) =>
  description ? `${indent}/** ${description.replaceAll('*/', '*\\/').replace(/\n/g, ' ')} */\n` : '';
const isLoose = ({ additionalProperties }) => additionalProperties !== undefined && additionalProperties !== false;

/** `sent`: of a request, where a field may also be undefined, and further fields pass through. */
function members(schema, sent, indent) {
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties ?? {})
    .filter(([, property]) => property['x-alias-of'] === undefined)
    .map(([name, property]) => {
      const type = render(property, sent, `${indent}  `);
      const optional = !required.has(name);
      const undefinedToo = optional && sent && type !== 'never' ? ' | undefined' : '';
      return `${comment(property.description, `${indent}  `)}${indent}  ${isName(name) ? name : `'${name}'`}${optional ? '?' : ''}: ${type}${undefinedToo};\n`;
    });
  return lines.join('');
}

function renderObject(schema, sent, indent) {
  const { additionalProperties, properties = {} } = schema;
  if (Object.keys(properties).length > 0) return `{\n${members(schema, sent, indent)}${indent}}`;
  const values = typeof additionalProperties === 'object' ? render(additionalProperties, sent, indent) : 'unknown';
  return `Record<string, ${values}>`;
}

function renderArray({ items = {}, maxItems }, sent, indent) {
  if (maxItems === 0) return '[]';
  return `${inBrackets(items, render(items, sent, indent))}[]`;
}

const listedOf = (schemas) => schemas.filter((schema) => !schema['x-unlisted']);

/** A union or an intersection needs brackets where it is a part. */
function inBrackets(schema, type) {
  const parts = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? schema.enum ?? (Array.isArray(schema.type) ? schema.type : []);
  return listedOf(parts).length > 1 || schema['x-upload'] ? `(${type})` : type;
}

function renderUnion(schemas, sent, indent) {
  return [...new Set(listedOf(schemas).map((schema) => render(schema, sent, indent)))].join(' | ');
}

function render(schema, sent, indent = '') {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema['x-upload']) return 'string | Blob';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(' | ');
  const union = schema.anyOf ?? schema.oneOf;
  if (union) return renderUnion(union, sent, indent);
  if (schema.allOf) return schema.allOf.map((part) => inBrackets(part, render(part, sent, indent))).join(' & ');
  if (schema.not && Object.keys(schema.not).length === 0) return 'never';
  if (Array.isArray(schema.type)) return schema.type.map((type) => render({ ...schema, type }, sent, indent)).join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return renderArray(schema, sent, indent);
    case 'object':
      return renderObject(schema, sent, indent);
    case undefined:
      return 'unknown';
    default:
      throw new Error(`no type is known for ${JSON.stringify(schema)}`);
  }
}

const isSent = (name) => /(Params|Fields)$/.test(name);

/** `sent`: it is a request, or a part of one. */
function declare(name, schema, sent) {
  const head = comment(schema.description, '');
  if (schema.type !== 'object' || !schema.properties) return `${head}export type ${name} = ${render(schema, sent)};\n`;
  const others =
    isSent(name) && isLoose(schema) ? '  /** Fields that are not listed pass through as they are. */\n  [field: string]: unknown;\n' : '';
  return `${head}export interface ${name} {\n${members(schema, sent, '')}${others}}\n`;
}

function queryOf(document, id) {
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
  const { parameters = [] } = operations.find(({ operationId }) => operationId === id);
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const properties = Object.fromEntries(query.map(({ name, description, schema }) => [name, { ...schema, description }]));
  return { type: 'object', properties };
}

/** All names that these lead to, in their order. */
function reach(schemas, names) {
  const found = new Set();
  const visit = (value) => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== 'object' || value === null) return;
    if (typeof value.$ref === 'string') add(nameOf(value.$ref));
    if (!value['x-unlisted']) Object.values(value).forEach(visit);
  };
  const add = (name) => {
    if (found.has(name)) return;
    if (!schemas[name]) throw new Error(`the document has no ${name}`);
    found.add(name);
    visit(schemas[name]);
  };
  names.forEach(add);
  return [...found].sort();
}

/** The types, as text. */
export function renderTypes(document) {
  const { schemas } = document.components;
  const sent = new Set(reach(schemas, TYPES.filter(isSent)));
  const declared = reach(schemas, TYPES).map((name) => declare(name, schemas[name], sent.has(name)));
  const queries = Object.entries(QUERIES).map(([name, id]) => declare(name, queryOf(document, id), true));
  const text = ['// Made by sdk/scripts/types.mjs of the gateway’s OpenAPI document. Do not edit.\n', ...declared, ...queries].join('\n');
  const biome = join(ROOT, 'node_modules/.bin/biome');
  const { stdout, stderr, status } = spawnSync(biome, ['format', `--stdin-file-path=${TYPES_FILE}`], { input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TYPES_FILE, renderTypes(await buildDocument()));
  console.log(`wrote ${TYPES_FILE}`);
}
