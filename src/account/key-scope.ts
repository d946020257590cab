import ipaddr from 'ipaddr.js';
import { fail, type GatewayError, unknownKey } from '../core/errors';
import type { AccountProfile, AdmitRequest, KeyRecord } from './types';

/** Compares in a time that does not tell how much of a guess was right. */
function equalText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % (b.length || 1));
  return difference === 0;
}

/** Is the address in one of the ranges (single addresses or CIDR)? IPv4 mapped into IPv6 counts as IPv4. */
function ipAllowed(ip: string | null, ranges: readonly string[]): boolean {
  if (ranges.length === 0) return true;
  if (ip === null || !ipaddr.isValid(ip)) return false;
  const address = ipaddr.process(ip);
  return ranges.some((range) => {
    const parsed = parseRange(range);
    return parsed !== undefined && parsed[0].kind() === address.kind() && address.match(parsed);
  });
}

/** The bits that precede an IPv4 address mapped into an IPv6 one. */
const MAPPED_BITS = 96;

/** Parses a single address or a CIDR range; undefined when it is neither. */
function parseRange(range: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  try {
    if (range.includes('/')) {
      const [base, bits] = ipaddr.parseCIDR(range);
      const mapped = bits >= MAPPED_BITS && base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress();
      return mapped ? [base.toIPv4Address(), bits - MAPPED_BITS] : [base, bits];
    }
    const address = ipaddr.process(range);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    return undefined;
  }
}

/** Accepts only unambiguous notations. Old ones mean something else than they seem to: `010.0.0.1` is 8.0.0.1, `10/8` is 0.0.0.0/8. */
export function isRange(text: string): boolean {
  const [base = ''] = text.split('/');
  return parseRange(text) !== undefined && (base.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(base));
}

const sameOrigin = (a: string, b: string): boolean => a.toLowerCase().replace(/\/$/, '') === b.toLowerCase().replace(/\/$/, '');

type KeyCheck = Pick<AdmitRequest, 'secretHash' | 'origin' | 'ip'>;

function secretFits({ secretHash, previous }: KeyRecord, given: string, nowMs: number): boolean {
  if (equalText(secretHash, given)) return true;
  return previous !== undefined && nowMs < previous.untilMs && equalText(previous.secretHash, given);
}

export const SUSPENDED = fail('account_suspended', 'This account is suspended: ask the operator of this gateway.');

/** Undefined where the account is active. */
export const refuseSuspended = (profile: AccountProfile | undefined): GatewayError | undefined =>
  profile?.status === 'suspended' ? SUSPENDED.error : undefined;

/** Why the key may not be used from here; undefined when it may. Only the holder of a valid key learns that the account is suspended. */
export function refuseKey(
  key: KeyRecord | undefined,
  request: KeyCheck,
  nowMs: number,
  profile: AccountProfile | undefined,
): GatewayError | undefined {
  if (!key || !secretFits(key, request.secretHash, nowMs)) return unknownKey().error;
  if (key.status === 'revoked') return fail('revoked_key', 'This API key was revoked.').error;
  if (key.status === 'disabled')
    return fail('disabled_key', 'This API key is disabled, by hand or by its spending limit: its owner can enable it again.').error;
  if (key.expiresAtMs !== null && key.expiresAtMs <= nowMs) return fail('expired_key', 'This API key has expired.').error;
  if (key.origins.length > 0 && !(request.origin !== null && key.origins.some((origin) => sameOrigin(origin, request.origin!))))
    return fail('origin_not_allowed', 'This API key may not be used from this origin.').error;
  if (!ipAllowed(request.ip, key.ips)) return fail('ip_not_allowed', 'This API key may not be used from this IP address.').error;
  return refuseSuspended(profile);
}

/** Why the key may not be used for this model; undefined when it may. */
export function refuseModels(key: KeyRecord, request: AdmitRequest): GatewayError | undefined {
  for (const one of [request, ...(request.alternatives ?? [])]) {
    const refused = refuseModel(key, one);
    if (refused) return refused;
  }
  return undefined;
}

function refuseModel(key: KeyRecord, request: Pick<AdmitRequest, 'model' | 'modelFamily'>): GatewayError | undefined {
  const named = key.models.length === 0 || key.models.includes(request.model);
  const inFamily = key.families.length === 0 || key.families.includes(request.modelFamily);
  if (named && inFamily) return undefined;
  return fail('model_not_allowed', `This API key may not use ${request.model}.`, { param: 'model' }).error;
}
