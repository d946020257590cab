import { breakDown, breakdownInput } from '../../console/usage/breakdown';
import { exportUsage } from '../../console/usage/export';
import { usageFilterInput } from '../../console/usage/filter';
import { queryUsage } from '../../console/usage/query';
import { showReceipt } from '../../console/usage/receipt';
import { listRefusals, refusalFilterInput } from '../../console/usage/refusals';
import { parseInput } from '../../http/input';
import { renderError } from '../../http/render-error';
import { type AccountRoute, answer, limitIn, parameter, queryOf } from './route';

const PAGE = 100;
const MAX_PAGE = 1_000;

export const usageRoutes: AccountRoute[] = [
  {
    method: 'GET',
    path: '/api/api-usage',
    permission: 'usage.read',
    handle: async (c, context) => {
      const filter = parseInput(usageFilterInput, queryOf(c));
      if (!filter.ok) return renderError(c, filter.error);
      const limit = limitIn(c, PAGE, MAX_PAGE);
      if (!limit.ok) return renderError(c, limit.error);
      return answer(c, await queryUsage(context, filter.value, limit.value, c.req.query('cursor') || undefined));
    },
  },
  {
    method: 'GET',
    path: '/api/api-usage/export',
    permission: 'usage.read',
    handle: async (c, context) => {
      const filter = parseInput(usageFilterInput, queryOf(c));
      if (!filter.ok) return renderError(c, filter.error);
      await context.catchUp(context.accountId);
      const { filename, body } = exportUsage(context, filter.value);
      return new Response(body, {
        headers: {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': `attachment; filename="${filename}"`,
          'x-content-type-options': 'nosniff',
        },
      });
    },
  },
  {
    method: 'GET',
    path: '/api/api-usage/breakdown',
    permission: 'usage.read',
    handle: async (c, context) => {
      const asked = parseInput(usageFilterInput.extend(breakdownInput.shape), queryOf(c));
      if (!asked.ok) return renderError(c, asked.error);
      const limit = limitIn(c, PAGE, MAX_PAGE);
      if (!limit.ok) return renderError(c, limit.error);
      const { by, ...filter } = asked.value;
      await context.catchUp(context.accountId);
      return c.json(await breakDown(context, filter, by, limit.value));
    },
  },
  {
    method: 'GET',
    path: '/api/api-usage/refusals',
    permission: 'usage.read',
    handle: async (c, context) => {
      const filter = parseInput(refusalFilterInput, queryOf(c));
      if (!filter.ok) return renderError(c, filter.error);
      const limit = limitIn(c, PAGE, MAX_PAGE);
      if (!limit.ok) return renderError(c, limit.error);
      await context.catchUp(context.accountId);
      return c.json(await listRefusals(context, filter.value, limit.value));
    },
  },
  {
    method: 'GET',
    path: '/api/api-usage/requests/:id',
    permission: 'usage.read',
    handle: async (c, context) => answer(c, await showReceipt(context, parameter(c, 'id'))),
  },
];
