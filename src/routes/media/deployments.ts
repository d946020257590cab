import * as z from 'zod';
import type { ApiKey } from '../../core/api-key';
import { fail, ok, type Result } from '../../core/errors';
import { idempotencyIn } from '../../core/idempotency';
import { readPublicUrl } from '../../core/public-url';
import { parseJson } from '../../core/record';
import { refuseTestKey } from '../../core/test-key';
import { idempotencyOf } from '../../gateway/idempotency';
import { NOT_JSON, readBody } from '../../http/body';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { parseInput } from '../../http/input';
import { renderError } from '../../http/render-error';
import { urlRules } from '../../jobs/create';
import { createDeployment, deleteDeployment, updateDeployment } from '../../jobs/deployments/manage';
import { type Deployment, type DeploymentFields, findDeployment, listDeployments } from '../../jobs/deployments/store';
import { GPU_POOL_MICRO } from '../../providers/catalogue/media-terms';
import { withKey } from './request';

const BODY_LIMIT_BYTES = 256 * 1024;
const POOLS = Object.keys(GPU_POOL_MICRO);

const pools = z.union([z.string().transform((text) => text.split(',').map((type) => type.trim())), z.array(z.string())]).pipe(
  z
    .array(z.enum(POOLS as [string, ...string[]]))
    .min(1)
    .max(POOLS.length),
);

const fields = {
  name: z.string().trim().min(1).max(100),
  dockerImage: z.string().regex(/^[\w./:@-]{1,300}$/, 'must be the name of an image'),
  gpuTypes: pools,
  minWorkers: z.int().min(0).max(20),
  maxWorkers: z.int().min(1).max(20),
  /** In seconds. */
  idleTimeout: z.int().min(1).max(3_600),
  env: z.record(z.string().regex(/^[A-Za-z_]\w{0,99}$/), z.string().max(4_096)),
  webhookUrl: z.string().max(4_096).nullable(),
};

export const createDeploymentInput = z.object({
  ...fields,
  slug: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must have lower-case letters, digits and dashes only'),
  name: fields.name.optional(),
  minWorkers: fields.minWorkers.default(0),
  maxWorkers: fields.maxWorkers.default(3),
  idleTimeout: fields.idleTimeout.default(5),
  env: fields.env.default({}),
  webhookUrl: fields.webhookUrl.default(null),
});

export const patchDeploymentInput = z.object(fields).partial();

const view = (row: Deployment) => ({
  slug: row.slug,
  object: 'deployment',
  name: row.name,
  dockerImage: row.dockerImage,
  gpuTypes: row.gpuTypes.join(','),
  minWorkers: row.minWorkers,
  maxWorkers: row.maxWorkers,
  idleTimeout: row.idleTimeoutSeconds,
  env: Object.keys(row.env),
  webhookUrl: row.webhookUrl,
  status: row.state,
  notice: row.notice,
  endpointId: row.upstream.endpointId ?? null,
  runUrl: `/v1/gpu/run/${row.slug}`,
  createdAt: new Date(row.createdAt).toISOString(),
  updatedAt: new Date(row.updatedAt).toISOString(),
});

async function parse<T>(c: AppContext, schema: z.ZodType<T>): Promise<Result<{ input: T; body: string }>> {
  const body = await readBody(c.req.raw, BODY_LIMIT_BYTES);
  if (!body.ok) return body;
  const json = parseJson(body.value);
  if (json === undefined) return fail('invalid_request', NOT_JSON);
  const input = parseInput(schema, json);
  return input.ok ? ok({ input: input.value, body: body.value }) : input;
}

/** The fields as the database stores them. */
function stored(
  c: AppContext,
  { idleTimeout, webhookUrl, minWorkers, maxWorkers, ...rest }: z.infer<typeof patchDeploymentInput>,
  known: { minWorkers: number; maxWorkers: number },
): Result<Partial<DeploymentFields>> {
  if ((minWorkers ?? known.minWorkers) > (maxWorkers ?? known.maxWorkers))
    return fail('invalid_request', 'The field `minWorkers` must not be larger than `maxWorkers`.', { param: 'minWorkers' });
  if (webhookUrl) {
    const url = readPublicUrl(webhookUrl, 'webhookUrl', urlRules(jobDeps(c.env)));
    if (!url.ok) return url;
  }
  const changes = { ...rest, minWorkers, maxWorkers, webhookUrl: webhookUrl === '' ? null : webhookUrl, idleTimeoutSeconds: idleTimeout };
  return ok(Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)));
}

function newDeployment(c: AppContext, { slug, name = slug, ...rest }: z.infer<typeof createDeploymentInput>): Result<DeploymentFields> {
  const checked = stored(c, rest, rest);
  return checked.ok ? ok({ ...checked.value, slug, name } as DeploymentFields) : checked;
}

/** The same rules for the page that makes a deployment. */
export function readNewDeployment(c: AppContext, value: unknown): Result<DeploymentFields> {
  const input = parseInput(createDeploymentInput, value);
  return input.ok ? newDeployment(c, input.value) : input;
}

const withDeployment = (c: AppContext, verb: (row: Deployment, key: ApiKey) => Promise<Response>): Promise<Response> =>
  withKey(c, async (key) => {
    const row = await findDeployment(c.env.DB, key.accountId, c.req.param('slug') ?? '');
    return row ? verb(row, key) : renderError(c, fail('not_found', 'There is no such deployment.').error);
  });

/** The same for a change. */
const withOwnDeployment = (c: AppContext, verb: (row: Deployment) => Promise<Response>): Promise<Response> =>
  withDeployment(c, async (row, key) => {
    const refused = refuseTestKey(key, row);
    return refused ? renderError(c, refused) : verb(row);
  });

export const getDeployments = (c: AppContext): Promise<Response> =>
  withKey(c, async ({ accountId }) => c.json({ object: 'list', data: (await listDeployments(c.env.DB, accountId)).map(view) }));

export const getDeployment = (c: AppContext): Promise<Response> => withDeployment(c, async (row) => c.json(view(row)));

export const postDeployment = (c: AppContext): Promise<Response> =>
  withKey(c, async ({ accountId, keyId, mode }) => {
    const parsed = await parse(c, createDeploymentInput);
    if (!parsed.ok) return renderError(c, parsed.error);
    const idempotency = await idempotencyOf(c.req.raw.headers.get('idempotency-key'), '/v1/deployments', parsed.value.body);
    if (!idempotency.ok) return renderError(c, idempotency.error);
    const input = newDeployment(c, parsed.value.input);
    if (!input.ok) return renderError(c, input.error);
    const maker = { accountId, keyId, test: mode === 'test', idempotency: idempotencyIn(mode, idempotency.value) };
    const made = await createDeployment(jobDeps(c.env), maker, input.value);
    if (!made.ok) return renderError(c, made.error);
    return c.json(view(made.value.row), 201, made.value.repeated ? { 'idempotent-replayed': 'true' } : {});
  });

export const patchDeployment = (c: AppContext): Promise<Response> =>
  withOwnDeployment(c, async (row) => {
    const parsed = await parse(c, patchDeploymentInput);
    if (!parsed.ok) return renderError(c, parsed.error);
    const checked = stored(c, parsed.value.input, row);
    if (!checked.ok) return renderError(c, checked.error);
    const changed = await updateDeployment(jobDeps(c.env), row, checked.value);
    return changed.ok ? c.json(view(changed.value)) : renderError(c, changed.error);
  });

export const removeDeployment = (c: AppContext): Promise<Response> =>
  withOwnDeployment(c, async (row) => {
    const deleted = await deleteDeployment(jobDeps(c.env), row);
    return deleted.ok ? c.json({ slug: row.slug, object: 'deployment', deleted: true }) : renderError(c, deleted.error);
  });
