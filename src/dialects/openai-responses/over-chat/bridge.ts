import { readChatAnswer } from '../../openai-chat/answer';
import { foldChatStream } from '../../openai-chat/fold';
import type { Bridge } from '../../types';
import type { ResponsesRequest } from '../request';
import { renderOverChat } from './answer';
import { type ChatCrossing, repairedCrossing } from './request';

/** A Responses call to an upstream that speaks chat alone. */
export const overChatBridge = (request: ResponsesRequest, crossing: ChatCrossing): Bridge => ({
  request: ({ model }) => ({ body: JSON.stringify({ model, ...crossing.fields }) }),
  readAnswer: readChatAnswer,
  renderAnswer: (text, receipt) => renderOverChat(request, crossing, text, receipt),
  foldStream: foldChatStream,
  repaired(message) {
    const repaired = repairedCrossing(crossing, message);
    return repaired && overChatBridge(request, repaired);
  },
});
