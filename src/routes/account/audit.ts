import { auditFilterInput, exportAudit, type LogOf, queryAudit, verifyAudit } from '../../console/audit/query';
import type { AppContext } from '../../http/context';
import { parseInput } from '../../http/input';
import { renderError } from '../../http/render-error';
import { type AccountRoute, answer, limitIn, queryOf } from './route';

const PAGE = 100;
const MAX_PAGE = 1_000;

/** All that fits, as a file. */
export function answerExport(c: AppContext, context: LogOf & { now: () => number }): Response {
  const filter = parseInput(auditFilterInput, queryOf(c));
  if (!filter.ok) return renderError(c, filter.error);
  const day = new Date(context.now()).toISOString().slice(0, 10);
  return new Response(exportAudit(context, filter.value), {
    headers: { 'content-type': 'application/x-ndjson', 'content-disposition': `attachment; filename="audit-${day}.ndjson"` },
  });
}

/** The audit log of a person's own wallet and of an organization have the same routes. */
const routesAt = (base: string): AccountRoute[] => [
  {
    method: 'GET',
    path: base,
    permission: 'audit.read',
    handle: async (c, context) => {
      const filter = parseInput(auditFilterInput, queryOf(c));
      if (!filter.ok) return renderError(c, filter.error);
      const limit = limitIn(c, PAGE, MAX_PAGE);
      if (!limit.ok) return renderError(c, limit.error);
      return answer(c, await queryAudit(context, filter.value, limit.value, c.req.query('cursor') || undefined));
    },
  },
  {
    method: 'GET',
    path: `${base}/export`,
    permission: 'audit.read',
    handle: answerExport,
  },
  { method: 'GET', path: `${base}/verify`, permission: 'audit.read', handle: async (c, context) => c.json(await verifyAudit(context)) },
];

export const auditRoutes: AccountRoute[] = [...routesAt('/api/audit'), ...routesAt('/api/orgs/:organization/audit')];
