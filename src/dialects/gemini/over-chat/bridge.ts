import { readChatAnswer } from '../../openai-chat/answer';
import { foldChatStream } from '../../openai-chat/fold';
import type { Bridge } from '../../types';
import type { GeminiRequest } from '../request';
import { renderChatAnswerAsGemini } from './answer';
import { type Repair, repairsFor } from './repair';
import { chatBody } from './request';

/** A Gemini call to an upstream that speaks Chat Completions. */
export const overChatBridge = (request: GeminiRequest, repairs: readonly Repair[] = []): Bridge => ({
  request: ({ model }) => ({ body: chatBody(request, model, repairs) }),
  readAnswer: readChatAnswer,
  renderAnswer: (text, receipt) => renderChatAnswerAsGemini(text, receipt, request),
  foldStream: foldChatStream,
  repaired(message) {
    const more = [...repairs, ...repairsFor(message)];
    const changes = more.length > repairs.length && chatBody(request, '', more) !== chatBody(request, '', repairs);
    return changes ? overChatBridge(request, more) : undefined;
  },
});
