import { type Fields, parseRecord } from '../../../core/record';
import type { Receipt } from '../../types';
import { listField, recordField, textField } from '../fields';
import type { GeminiRequest } from '../request';
import { convertedUsage } from '../usage';
import { declaredNames, FunctionNames } from './names';
import { addCalls, addReasoningDetails, type CallSoFar, ending, spokenParts } from './parts';

function candidateOf(choice: Fields, includeThoughts: boolean, names: FunctionNames): Fields {
  const message = recordField(choice, 'message') ?? {};
  const calls: CallSoFar[] = [];
  addCalls(calls, message);
  addReasoningDetails(calls, listField(message, 'reasoning_details'));
  const end = ending(calls, choice.finish_reason, names);
  return {
    content: { role: 'model', parts: [...spokenParts(message, includeThoughts), ...end.parts] },
    finishReason: end.finishReason,
    index: typeof choice.index === 'number' ? choice.index : 0,
    ...logprobFields(choice),
  };
}

const tokenOf = ({ token, logprob }: Fields): Fields => ({ token, logProbability: logprob });

/** https://ai.google.dev/api/generate-content#LogprobsResult */
export function logprobFields(choice: Fields): Fields {
  const tokens = listField(recordField(choice, 'logprobs') ?? {}, 'content');
  if (tokens.length === 0) return {};
  const chosenCandidates = tokens.map(tokenOf);
  const topCandidates = tokens.map((token) => ({ candidates: listField(token, 'top_logprobs').map(tokenOf) }));
  return { logprobsResult: { chosenCandidates, topCandidates } };
}

/** The fields that every answer and chunk has about itself. */
export const aboutAnswer = (chat: Fields): Fields => {
  const modelVersion = textField(chat, 'model');
  const responseId = textField(chat, 'id');
  return { ...(modelVersion !== undefined && { modelVersion }), ...(responseId !== undefined && { responseId }) };
};

/** A chat completion as Gemini's answer. */
export function renderChatAnswerAsGemini(
  text: string,
  receipt: Receipt,
  { includeThoughts, fields = {} }: Pick<GeminiRequest, 'includeThoughts' | 'fields'>,
): string {
  const chat = parseRecord(text);
  const names = new FunctionNames(declaredNames(fields));
  return JSON.stringify({
    candidates: listField(chat, 'choices').map((choice) => candidateOf(choice, includeThoughts, names)),
    usageMetadata: convertedUsage(receipt),
    responseId: receipt.requestId,
    ...aboutAnswer(chat),
  });
}
