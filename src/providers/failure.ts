/** What to do after an unsuccessful answer of an upstream. */
export type FailureAction =
  /** The caller's own mistake: report it and try nothing else. */
  | 'caller'
  /** This credential is refused or used up: try the provider's next one at once. */
  | 'next_key'
  /** Rate limited: try the next credential, and leave this one alone for a while. */
  | 'backoff_key'
  /** A temporary failure: the same target may be tried once more. */
  | 'retry'
  /** The target serves such a call in another of its formats only: try that, or else the next target. */
  | 'next_wire'
  /** The target cannot serve the call: try the next one. */
  | 'next_target';

export interface UpstreamFailure {
  action: FailureAction;
  /** The upstream's words without credentials and markup; may be empty. */
  message: string;
  code?: string;
  param?: string;
  /** Fields by which the upstream's clients recognise this refusal, passed on as they came. */
  details?: Record<string, unknown>;
  /** The status that fits a failure which came with status 200. */
  status?: number;
  /** How long to wait, where the body says it. */
  retryAfterMs?: number;
  /** Does not count against the provider: a reasoning model may be silent for long, and a caller may ask for very much. */
  isBlameless?: boolean;
}
