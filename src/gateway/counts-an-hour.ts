import { HOURLY_LIMITS, SENT_TIMES } from '../core/family';
import type { GatewayDeps } from './deps';

/**
 * How often one user may have within an hour what is free: token counts, after which estimates have to do, since clients
 * may ask for one before every call; and changes of conversations.
 */
export const countsAnHour = ({ hourlyLimits }: Pick<GatewayDeps, 'hourlyLimits'>): number =>
  SENT_TIMES * Math.max(hourlyLimits.chat ?? 0, HOURLY_LIMITS.chat);
