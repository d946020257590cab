/** What to do after an upstream's answer that is no success. */
export type FailureAction =
  /** The caller's own fault: tell it, try nothing else. */
  | 'caller'
  /** This credential is spent or refused: try the provider's next one at once. */
  | 'next_key'
  /** Rate limited: try the next credential, and leave this one alone for a while. */
  | 'backoff_key'
  /** A passing fault: the same target may be tried once more. */
  | 'retry'
  /** This target serves such a call in another of its formats only: ask it in that one, or else the next target. */
  | 'next_wire'
  /** This target cannot serve the call: go on to the next one. */
  | 'next_target';

export interface UpstreamFailure {
  action: FailureAction;
  /** The upstream's own words, cleaned of credentials and markup; may be empty. */
  message: string;
  code?: string;
  param?: string;
  /** What the upstream's clients tell this refusal apart by, as it sent it. */
  details?: Record<string, unknown>;
  /** What a failure inside an answer of status 200 amounts to. */
  status?: number;
  /** Does not speak against the provider: a model that reasons may be silent for long. */
  isBlameless?: boolean;
}
