import { textOrEmpty } from '../../../core/record';
import { countUsage } from '../counts';
import type { Format } from '../exchange';
import { inBodyError, openaiErrors } from '../openai-errors';
import { usageOf } from './answer';
import { encryptedContent } from './items';
import { isMessage, itemsOf, parseWholeRequest, textOf } from './request';
import type { ResponsesRequest } from './types';

/** OpenAI's compaction: what the user said stays, the rest becomes one opaque item. */
export const compactFormat: Format<ResponsesRequest> = {
  errors: openaiErrors,
  parse: parseWholeRequest,
  reply(request, { magic, hash, createdSeconds }) {
    const id = hash.slice(0, 24);
    const said = itemsOf(request.echo.input).filter((item) => isMessage(item) && item.role === 'user');
    const kept = said.map((item, index) => ({
      id: `msg_sandbox${id}${index}`,
      type: 'message',
      status: 'completed',
      content: [{ type: 'input_text', text: textOf(item.content) }],
      role: textOrEmpty(item.role),
    }));
    const compaction = { id: `cmp_sandbox${id}`, type: 'compaction', encrypted_content: encryptedContent(hash) };
    const choice = { index: 0, parts: [{ kind: 'content' as const, text: '' }], finishReason: 'stop' as const };
    const counts = countUsage(request.prompt, magic, [choice]);
    const compacted = {
      id: `resp_sandbox${id}`,
      object: 'response.compaction',
      created_at: createdSeconds,
      output: [...kept, compaction],
      ...(counts ? { usage: usageOf(counts) } : {}),
    };
    return { body: () => [JSON.stringify(compacted)], failedBody: () => JSON.stringify(inBodyError()), stream: undefined };
  },
};
