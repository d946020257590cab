import { isBrokenChoice } from '../../core/broken-choice';

/** Does a chat stream's chunk tell of a failure, at its top or of one of its choices? */
export const isFailedChunk = ({ error, choices }: Record<string, unknown>): boolean =>
  (error !== undefined && error !== null) || (Array.isArray(choices) && choices.some(isBrokenChoice));
