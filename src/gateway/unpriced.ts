/**
 * Request fields that would change what a provider bills without being in the price. They are refused when they ask for
 * something, and never sent.
 */
import { fail, type GatewayError } from '../core/errors';
import { members, rewriteMembers } from '../core/json';
import { isRecord } from '../core/record';
import { folded } from '../dialects/known-names';
import type { Call } from '../dialects/types';
import { toolsOf } from '../dialects/unpriced';
import type { ProviderSpec } from '../providers/types';

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === false ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isRecord(value) && Object.keys(value).length === 0);

const hasName = (names: readonly string[] | undefined, name: string): boolean => names?.includes(folded(name)) === true;

/** The refusal of a call because of what one of its providers would do with it; undefined where there is none. */
export function refuseForProviders({ fields = {} }: Call, specs: readonly ProviderSpec[]): GatewayError | undefined {
  for (const { label, unpriced } of specs) {
    if (!unpriced) continue;
    const field = Object.keys(fields).find((name) => hasName(unpriced.fields, name) && !isEmpty(fields[name]));
    if (field !== undefined)
      return refuse(
        field,
        `The field \`${field}\` is not served here: it would change which model of ${label} answers, or what is billed. Leave it out${field === 'fallbacks' ? MODELS_INSTEAD : ''}.`,
      );
    const [tool] = toolsOf(fields).filter(([, { type }]) => typeof type === 'string' && unpriced.tools?.test(type));
    if (tool) return refuse(tool[0], `The tool \`${String(tool[1].type)}\` is billed apart by ${label} and has no price here.`);
  }
  return undefined;
}

const MODELS_INSTEAD = ', and name the models to ask in turn in `models`';

const refuse = (param: string, message: string): GatewayError =>
  fail('invalid_request', message, { param, code: 'unsupported_parameter' }).error;

/** The body without what its provider must not be sent, whichever dialect it came through. */
export function withoutUnpriced(body: string, { unpriced }: ProviderSpec): string {
  const isOut = (name: string): boolean => hasName(unpriced?.fields, name) || hasName(unpriced?.idleFields, name);
  if (!unpriced || !members(body).some(({ key }) => isOut(key))) return body;
  return rewriteMembers(body, (raw, key) => (isOut(key) ? undefined : raw));
}
