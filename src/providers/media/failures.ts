/** Interprets unsuccessful answers of media vendors. */
import { filledText, isRecord } from '../../core/record';
import type { FailureAction } from '../types';
import { classifyFailure, cleanMessage } from '../wires/failures';
import type { MediaAnswer, MediaFailure, MediaStep } from './types';

type Failed = Extract<MediaStep, { state: 'failed' }>;

/** After these a job may exist all the same: the vendor, or a proxy in front of it, lost track. */
const DOUBTFUL: ReadonlySet<number> = new Set([408, 409, 425, 499, 500, 502, 504, 520, 521, 522, 523, 524]);
const QUOTA_SPENT = /insufficient[_ ](?:quota|balance|credits?|funds)|exhausted balance/i;
/** Vendors' and model makers' words for refusing what is asked for, beside those that language models have too. */
const CONTENT_REFUSED: readonly RegExp[] = [
  /\bnsfw\b|\bnudity\b|safety (?:check|filter|reason|review|violation)|content[_ ](?:policy|moderation)|prohibited/i,
  /\bmoderat(?:ed|or)\b|risk[ _]control|harmful content|copyright|third[- ]party content|审核|风控/i,
  /\bviolat\w* [^\n]{0,60}\b(?:polic(?:y|ies)|guidelines|terms)\b/i,
  /\b(?:IMAGE_)?SAFETY\b/,
];
/** Of whoever looks at contents, which says nothing of them. */
const OUTAGE = /\bunavailable\b|\btimed? ?out\b|\boverloaded\b/i;
/** A status by which `classifyFailure` goes by the words alone. */
const ANY_REFUSAL = 403;

export interface SubmitRules {
  /** The POST is answered with the result itself, so a vendor's own error leaves no job behind. */
  direct?: boolean;
  /** What a 404 means; by default that the target is gone, since callers name no URL. */
  notFound?: FailureAction;
}

export const failed = (failure: MediaFailure): Failed => ({ state: 'failed', failure });

/** Interprets an answer to a submit that names no job. */
export function submitFailure({ status, text, json }: MediaAnswer, { direct = false, notFound = 'next_target' }: SubmitRules = {}): Failed {
  // Without an id nobody could poll the job.
  if (status >= 200 && status < 300)
    return failed({ action: 'next_target', message: 'The provider accepted the job without saying which it is.', mayHaveStarted: true });
  const failure = classifyFailure(status, text);
  const answered = direct && isRecord(json);
  const mayHaveStarted = DOUBTFUL.has(status) && !answered;
  if (status === 404) return failed({ ...failure, action: notFound, mayHaveStarted });
  const spent = (status === 429 || status === 403) && QUOTA_SPENT.test(`${failure.code ?? ''} ${failure.message}`);
  return failed({ ...failure, ...(spent && { action: 'next_key' as const }), mayHaveStarted });
}

/** Is the refusal about the requested content rather than about the vendor? */
function isContentRefusal(message: string): boolean {
  if (OUTAGE.test(message)) return false;
  return (
    CONTENT_REFUSED.some((words) => words.test(message)) || classifyFailure(ANY_REFUSAL, JSON.stringify({ message })).action === 'caller'
  );
}

/** A run that the vendor reported as failed. */
export function runFailure(message: unknown, code?: unknown, action?: FailureAction): Failed {
  const said = cleanMessage(filledText(message) ?? '');
  const cleanCode = typeof code === 'string' && /^[\w.-]{1,80}$/.test(code) ? code : undefined;
  return failed({
    action: action ?? (isContentRefusal(`${said} ${cleanCode ?? ''}`) ? 'caller' : 'next_target'),
    message: said || 'The provider gave no reason.',
    ...(cleanCode !== undefined && { code: cleanCode }),
    mayHaveStarted: true,
  });
}
