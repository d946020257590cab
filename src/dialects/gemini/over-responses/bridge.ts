/** Gemini over Responses: converted to a chat call first, which then crosses like any other. */
import type { Fields } from '../../../core/record';
import { overResponsesBridge as chatOverResponses } from '../../openai-chat/over-responses/bridge';
import { crossFields, type ResponsesCrossing, repairedFields } from '../../openai-chat/over-responses/request';
import type { ThoughtsByCall } from '../../openai-chat/over-responses/thoughts';
import type { Bridge } from '../../types';
import { renderChatAnswerAsGemini } from '../over-chat/answer';
import { type Repair, repairsFor } from '../over-chat/repair';
import { chatFields } from '../over-chat/request';
import type { GeminiRequest } from '../request';

/** The repairs so far: of the chat request, and of the Responses request made from it. */
interface Mends {
  repairs: readonly Repair[];
  /** The refusals that the latter was repaired for. */
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

/** @param fields The Responses request that the call has become. */
export function overResponsesBridge(request: GeminiRequest, thoughts: ThoughtsByCall, fields: Fields, mends = NONE): Bridge {
  const chat = chatOverResponses(fields, thoughts);
  return {
    ...chat,
    renderAnswer: (text, receipt) => renderChatAnswerAsGemini(chat.renderAnswer(text, receipt), receipt, request),
    repaired(message) {
      // Repairs what the conversion added before what the client asked for.
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
