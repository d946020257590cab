/** Gemini over Responses: as a chat call, which crosses as every other one does. */
import { overResponsesBridge as chatOverResponses } from '../../openai-chat/over-responses/bridge';
import { crossFields, type ResponsesCrossing, repairedFields } from '../../openai-chat/over-responses/request';
import type { ThoughtsByCall } from '../../openai-chat/over-responses/thoughts';
import type { Bridge } from '../../types';
import type { Fields } from '../fields';
import { renderChatAnswerAsGemini } from '../over-chat/answer';
import { type Repair, repairsFor } from '../over-chat/repair';
import { chatFields } from '../over-chat/request';
import type { GeminiRequest } from '../request';

/** What was changed since the call was first made: in its chat request, and in what that has become. */
interface Mends {
  repairs: readonly Repair[];
  /** The words that the second was refused with. */
  refusals: readonly string[];
}

const NONE: Mends = { repairs: [], refusals: [] };

export function crossToResponses(request: GeminiRequest, thoughts: ThoughtsByCall, mends = NONE): ResponsesCrossing {
  const { includeThoughts } = request;
  const shown = { enabled: includeThoughts, exclude: !includeThoughts };
  const crossed = crossFields({ ...chatFields(request, request.model, mends.repairs), reasoning: shown }, request, thoughts);
  if (!crossed.ok) return crossed;
  return { ok: true, fields: mends.refusals.reduce((fields, refusal) => repairedFields(fields, refusal) ?? fields, crossed.fields) };
}

/** @param fields What the call has become. */
export function overResponsesBridge(request: GeminiRequest, thoughts: ThoughtsByCall, fields: Fields, mends = NONE): Bridge {
  const chat = chatOverResponses(fields, thoughts);
  return {
    ...chat,
    renderAnswer: (text, receipt) => renderChatAnswerAsGemini(chat.renderAnswer(text, receipt), receipt, request),
    repaired(message) {
      // First goes what the crossing has added by itself: what the client asked for stays.
      const ways: Mends[] = [
        { ...mends, refusals: [...mends.refusals, message] },
        { ...mends, repairs: [...mends.repairs, ...repairsFor(message)] },
      ];
      const before = JSON.stringify(fields);
      for (const way of ways) {
        const crossed = crossToResponses(request, thoughts, way);
        if (crossed.ok && JSON.stringify(crossed.fields) !== before) return overResponsesBridge(request, thoughts, crossed.fields, way);
      }
      return undefined;
    },
  };
}
