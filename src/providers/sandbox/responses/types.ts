import type { Fields } from '../../../core/record';
import type { LanguageRequest } from '../request';

export interface ResponsesRequest extends LanguageRequest {
  /** Fields that the answer shows again. */
  echo: Fields;
  /** May be fetched by its id later. */
  stored: boolean;
  background: boolean;
  /** Reasoning comes with its encrypted content. */
  encrypted: boolean;
  /** Asks for the conversation in compacted form instead of an answer. */
  compacts: boolean;
}
