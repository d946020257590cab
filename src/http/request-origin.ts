import type { RequestOrigin } from '../console/context';
import { type AppContext, requestIdOf } from './context';
import { clientIp } from './request-key';

/** Where a request came from, for the audit log. */
export const requestOrigin = (c: AppContext): RequestOrigin => ({
  ip: clientIp(c.req.raw, c.get('gateway').settings),
  userAgent: c.req.header('user-agent') ?? null,
  requestId: requestIdOf(c),
});
