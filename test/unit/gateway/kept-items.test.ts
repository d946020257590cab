import { expect, it } from 'vitest';
import { keptAnswerKey } from '../../../src/core/kept-answers';
import { responsesCall } from '../../../src/dialects/openai-responses/dialect';
import { itemId, responseId } from '../../../src/dialects/openai-responses/ids';
import { withNamedItems } from '../../../src/gateway/kept-items';
import { requestOf } from '../dialects/openai-responses/support';

const ACCOUNT = 'acc_0OplGcC5UkegwInh2';

it('brings the items of a thread of hundreds of answers', async () => {
  const requests = Array.from({ length: 500 }, (_, n) => `req_0123456789abc-0-4cbv-${(n + 1).toString(36)}`);
  const items = requests.map((request) => ({
    id: itemId('msg', responseId(request), 0),
    type: 'message',
    role: 'assistant',
    content: 'A',
  }));
  const kept = new Map(requests.map((request, n) => [keptAnswerKey('items', ACCOUNT, request), JSON.stringify([items[n]])]));
  const files = {
    get: (key: string) => Promise.resolve({ text: () => Promise.resolve(kept.get(key)) }),
  } as unknown as R2Bucket;
  const input = [{ role: 'user', content: 'Hi' }, ...items.map(({ id }) => ({ type: 'item_reference', id }))];
  const whole = await withNamedItems({ files }, ACCOUNT, responsesCall(requestOf({ input })));
  expect(whole.ok && whole.value.fields?.input).toEqual([input[0], ...items]);
});
