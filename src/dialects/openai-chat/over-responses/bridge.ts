import { readResponse } from '../../openai-responses/answer';
import { foldResponses } from '../../openai-responses/fold';
import type { Bridge } from '../../types';
import { renderOverResponses, thoughtsIn } from './answer';
import { repairedFields } from './request';
import type { ThoughtsByCall } from './thoughts';

/** No client will ask for the answer by its upstream id. */
const UNKEPT = { store: false, background: false };

/** A chat call to an upstream that serves the model over Responses only. */
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
