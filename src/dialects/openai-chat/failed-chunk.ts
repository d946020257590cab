import { isBrokenChoice } from '../../core/broken-choice';

/** Does a chunk report a failure, at its top or in a choice? */
export const isFailedChunk = ({ error, choices }: Record<string, unknown>): boolean =>
  (error !== undefined && error !== null) || (Array.isArray(choices) && choices.some(isBrokenChoice));
