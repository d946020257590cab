import { readResponse } from '../../openai-responses/answer';
import { foldResponses } from '../../openai-responses/fold';
import type { Bridge } from '../../types';
import { renderOverResponses, thoughtsIn } from './answer';
import { repairedFields } from './request';
import type { ThoughtsByCall } from './thoughts';

/** Nothing of the answer is come back to under an id of its upstream. */
const UNKEPT = { store: false, background: false };

/** A chat call to an upstream that answers it by Responses alone. */
export const overResponsesBridge = (fields: Record<string, unknown>, thoughts: ThoughtsByCall): Bridge => ({
  request: ({ model }) => ({ body: JSON.stringify({ model, ...fields }) }),
  readAnswer: (json) => readResponse(UNKEPT, json),
  renderAnswer: renderOverResponses,
  foldStream: foldResponses,
  ownItems: (_, { text, requestId }) => thoughtsIn(text, requestId, thoughts) ?? [],
  repaired(message) {
    const repaired = repairedFields(fields, message);
    return repaired && overResponsesBridge(repaired, thoughts);
  },
});
