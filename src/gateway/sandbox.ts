import type { GatewayDeps } from './deps';

/** A local run without any provider: the sandbox stands in for all of them. */
export const sandboxAnswers = ({ settings, registry }: Pick<GatewayDeps, 'settings' | 'registry'>): boolean =>
  settings.LOCAL === '1' && registry.configuredProviders.length === 0;
