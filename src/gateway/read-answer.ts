/** Reads an upstream's answer in one piece, within what memory allows. */
import { readText } from '../core/read-bounded';
import type { UpstreamFailure } from '../providers/types';

class AnswerTooLarge extends Error {}

export const TOO_LARGE: UpstreamFailure = {
  action: 'next_target',
  message: 'the provider sent more than an answer may have',
  isBlameless: true,
};

/** Classifies what was thrown in place of an answer. */
export function failureOf(error: unknown, late: boolean, status: number | null): UpstreamFailure {
  if (error instanceof AnswerTooLarge) return TOO_LARGE;
  if (late) return { action: 'next_target', message: 'the provider did not answer in time' };
  return { action: 'retry', message: status === null ? 'the provider could not be reached' : 'the provider broke off its answer' };
}

/** Reads a successful answer to its end. An error's body is left unread, for `readSome`. */
export async function readWhole(response: Response): Promise<{ response: Response; text: string | undefined }> {
  if (!response.ok) return { response, text: undefined };
  const text = await readText(response);
  if (text === undefined) throw new AnswerTooLarge();
  return { response, text };
}
