/** An upstream's answer in one piece, as far as there is room for it. */
import { readText } from '../core/read-bounded';
import type { UpstreamFailure } from '../providers/types';

class AnswerTooLarge extends Error {}

export const TOO_LARGE: UpstreamFailure = { action: 'next_target', message: 'the provider sent more than an answer may have' };

/** What came in place of an answer. */
export function failureOf(error: unknown, late: boolean, status: number | null): UpstreamFailure {
  if (error instanceof AnswerTooLarge) return TOO_LARGE;
  if (late) return { action: 'next_target', message: 'the provider did not answer in time' };
  return { action: 'retry', message: status === null ? 'the provider could not be reached' : 'the provider broke off its answer' };
}

/** An answer that is no stream, read to its end; an error's body is left to be read with care. */
export async function readWhole(response: Response): Promise<{ response: Response; text: string | undefined }> {
  if (!response.ok) return { response, text: undefined };
  const text = await readText(response);
  if (text === undefined) throw new AnswerTooLarge();
  return { response, text };
}
