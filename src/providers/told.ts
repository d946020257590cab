import type { FailureAction, UpstreamFailure } from './failure';
import { redactSecrets } from './redact';
import type { Provider } from './types';

/** Replaces a provider's words about the gateway's own account, which a customer would take to be about theirs. */
const ABOUT_OUR_ACCOUNT: Partial<Record<FailureAction, string>> = {
  next_key: 'the provider does not take calls from this gateway at the moment',
  backoff_key: 'the provider takes no more calls from this gateway for now',
};

/** A failure as the customer is told. */
export interface Told {
  message: string;
  code?: string;
  param?: string;
  details?: Record<string, unknown>;
  /** What the customer is not told, for the operator's log. */
  withheld?: { code: string | undefined; message: string };
}

/** Everything sent to a provider that must stay secret; operators may put a credential into a header. */
const secretsOf = ({ apiKeys, spec }: Provider): string[] => [...apiKeys, ...Object.values(spec.headers ?? {})];

export const withoutSecrets = (text: string, provider: Provider): string => redactSecrets(text, secretsOf(provider));

export function toldToCustomer({ action, message: said, code, param, details }: UpstreamFailure, provider: Provider): Told {
  const secrets = secretsOf(provider);
  const message = redactSecrets(said, secrets);
  // In-process answers are already in the gateway's own words.
  const ours = provider.spec.serve ? undefined : ABOUT_OUR_ACCOUNT[action];
  if (ours !== undefined) return { message: ours, withheld: { code, message } };
  const text = details && JSON.stringify(details);
  const isShown = text !== undefined && redactSecrets(text, secrets) === text;
  return { message, ...(code !== undefined && { code }), ...(param !== undefined && { param }), ...(isShown && { details }) };
}
