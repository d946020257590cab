import { listOf, parseRecord } from '../../../core/record';
import { readChatAnswer } from '../../openai-chat/answer';
import { foldChatStream } from '../../openai-chat/fold';
import type { Bridge } from '../../types';
import type { ResponsesRequest } from '../types';
import { renderOverChat } from './answer';
import { type ChatCrossing, repairedCrossing } from './request';

const ownItems = (body: string): readonly unknown[] => listOf(parseRecord(body).output);

interface OverChatBridge extends Bridge {
  /** For its streams, which are opened before it is known which upstream answers in which format. */
  origins: ChatCrossing['origins'];
}

export const isOverChat = (bridge: Bridge): bridge is OverChatBridge => 'origins' in bridge;

/** A Responses call to an upstream that speaks chat only. */
export const overChatBridge = (request: ResponsesRequest, crossing: ChatCrossing): OverChatBridge => ({
  origins: crossing.origins,
  request: ({ model }) => ({ body: JSON.stringify({ model, ...crossing.fields }) }),
  readAnswer: readChatAnswer,
  renderAnswer: (text, receipt) => renderOverChat(request, crossing, text, receipt),
  foldStream: foldChatStream,
  ...(request.store && { ownItems }),
  repaired(message) {
    const repaired = repairedCrossing(crossing, message);
    return repaired && overChatBridge(request, repaired);
  },
});
