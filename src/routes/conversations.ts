/** Conversations that clients of Responses keep here: their items are read and changed apart from any call. */
import type * as z from 'zod';
import { type ConversationStub, inTurn, operationFinder, tooLarge } from '../conversations/stub';
import type { Changed } from '../conversations/types';
import type { ApiKey } from '../core/api-key';
import { fail, type GatewayError, ok, type Result, unknownKey } from '../core/errors';
import { parseJson } from '../core/record';
import { isConversationId, itemOf, newConversationId } from '../dialects/openai-responses/conversation';
import { conversationParams, conversationUpdate, itemsParams, itemsQuery } from '../dialects/openai-responses/conversation-input';
import { conversationObject, deletedConversation, itemList, itemObject } from '../dialects/openai-responses/conversation-object';
import { authorizeKey, refuseKeys } from '../gateway/authorize-key';
import { noConversation, refusalOf, unreachable } from '../gateway/conversation';
import { countsAnHour } from '../gateway/counts-an-hour';
import { NOT_JSON, readBody } from '../http/body';
import type { AppContext } from '../http/context';
import { parseInput } from '../http/input';
import { renderError } from '../http/render-error';
import { requestKeys, sourceOf } from '../http/request-key';

/** A conversation of the account of one of the request's keys. */
interface Asked {
  id: string;
  isTest: boolean;
  stub: ConversationStub;
  /** Makes a change as soon as no call has the conversation. */
  inTurn(change: (insteadOf: string | undefined) => Promise<Changed>): Promise<Changed>;
}

/** Gives the body of the answer. */
type Work<Input> = (asked: Asked, input: Input) => Promise<Result<unknown>>;

interface How<Input> {
  /** The id is a new one. */
  creates?: boolean;
  changes?: boolean;
  body?: z.ZodType<Input>;
}

const handler =
  <Input = undefined>(how: How<Input>, work: Work<Input>) =>
  async (c: AppContext): Promise<Response> => {
    const answered = await answer(c, how, work);
    if (!answered.ok) return renderError(c, answered.error);
    const { value } = answered;
    return new Response(typeof value === 'string' ? value : JSON.stringify(value), { headers: { 'content-type': 'application/json' } });
  };

async function answer<Input>(c: AppContext, how: How<Input>, work: Work<Input>): Promise<Result<unknown>> {
  const { keys: reader } = c.get('gateway');
  const keys = await requestKeys(reader, c.req.raw);
  if (!keys.ok) return keys;
  const input = how.body ? await readInput(c, how.body, keys.value) : ok({ value: undefined as Input, chars: 0 });
  if (!input.ok) return input;
  let refused: GatewayError = unknownKey().error;
  for (const key of keys.value) {
    const refusal = await refuse(c, key, how.creates || how.changes ? input.value.chars : undefined);
    const found = refusal ? { ok: false as const, error: refusal } : await workOn(c, how, key, (asked) => work(asked, input.value.value));
    if (found.ok) return found;
    refused = found.error;
    if (!refusal && refused.kind !== 'not_found') break;
  }
  return { ok: false, error: refused };
}

interface Read<Input> {
  value: Input;
  chars: number;
}

async function readInput<Input>(c: AppContext, schema: z.ZodType<Input>, keys: readonly ApiKey[]): Promise<Result<Read<Input>>> {
  const gateway = c.get('gateway');
  const askFirst = () => refuseKeys(gateway, keys, sourceOf(c.req.raw, gateway.settings));
  const body = await readBody(c.req.raw, gateway.settings.BODY_LIMIT_BYTES, askFirst);
  if (!body.ok) return body;
  const json = body.value.trim() === '' ? {} : parseJson(body.value);
  const parsed = json === undefined ? fail('invalid_request', NOT_JSON) : parseInput(schema, json);
  return parsed.ok ? ok({ value: parsed.value, chars: body.value.length }) : parsed;
}

/** What a change may have for one of the places in the hour. */
const PLACE_CHARS = 65_536;

/** Changes are free, so their number is bounded as that of token counts. */
function refuse(c: AppContext, key: ApiKey, changedChars: number | undefined): Promise<GatewayError | null> {
  const gateway = c.get('gateway');
  const from = sourceOf(c.req.raw, gateway.settings);
  if (changedChars === undefined) return authorizeKey(gateway, key, from);
  const conversationChange = { atMost: countsAnHour(gateway), places: Math.ceil(changedChars / PLACE_CHARS) };
  return authorizeKey(gateway, key, { ...from, conversationChange });
}

async function workOn<Input>(
  c: AppContext,
  { creates }: How<Input>,
  { accountId, mode }: ApiKey,
  work: (asked: Asked) => Promise<Result<unknown>>,
): Promise<Result<unknown>> {
  const gateway = c.get('gateway');
  const id = creates ? newConversationId() : (c.req.param('id') ?? '');
  if (!isConversationId(id)) return noConversation(id);
  const isTest = mode === 'test';
  const stub = gateway.conversation({ accountId, isTest, id });
  try {
    return await work({ id, isTest, stub, inTurn: (change) => inTurn(operationFinder(gateway, accountId), change) });
  } catch (error) {
    console.error('conversation not asked', String(error));
    return unreachable();
  }
}

const changed = ({ id }: Asked, result: Changed): Result<unknown> =>
  result.refused ? refusalOf(result, id) : ok(conversationObject(id, result.view));

const itemsOf = (items: readonly unknown[]) => items.map((item) => itemOf(JSON.stringify(item)));

export const createConversation = handler({ creates: true, body: conversationParams }, async (asked, input) => {
  const items = itemsOf(input.items ?? []);
  return changed(asked, tooLarge(items) ?? (await asked.stub.create({ metadata: input.metadata ?? {}, items, isTest: asked.isTest })));
});

export const getConversation = handler({}, async ({ id, stub }) => {
  const view = await stub.view();
  return view ? ok(conversationObject(id, view)) : noConversation(id);
});

export const updateConversation = handler({ changes: true, body: conversationUpdate }, async ({ id, stub }, { metadata }) => {
  const view = await stub.setMetadata(metadata ?? {});
  return view ? ok(conversationObject(id, view)) : noConversation(id);
});

export const deleteConversation = handler({ changes: true }, async ({ id, stub }) =>
  (await stub.remove()) ? ok(deletedConversation(id)) : noConversation(id),
);

export const addItems = handler({ changes: true, body: itemsParams }, async (asked, input) => {
  const items = itemsOf(input.items);
  const added = tooLarge(items) ?? (await asked.inTurn((insteadOf) => asked.stub.add({ items, insteadOf })));
  return added.refused ? refusalOf(added, asked.id) : ok(itemList(items, false));
});

export const listItems = async (c: AppContext): Promise<Response> => {
  const query = parseInput(itemsQuery, c.req.query());
  if (!query.ok) return renderError(c, query.error);
  const { after, limit, order } = query.value;
  return handler({}, async ({ id, stub }) => {
    const page = await stub.page({ after, limit, order });
    if (!('refused' in page)) return ok(itemList(page.items, page.hasMore));
    if (page.refused !== 'unknown') return refusalOf(page, id);
    return fail('invalid_request', 'The field `after` is not the id of an item of this conversation.', { param: 'after' });
  })(c);
};

const itemIn = (c: AppContext): string => c.req.param('item') ?? '';

export const getItem = (c: AppContext): Promise<Response> =>
  handler({}, async ({ id, stub }) => {
    const item = await stub.item(itemIn(c));
    if (item) return ok(itemObject(item));
    return (await stub.view()) ? refusalOf({ refused: 'unknown' }, id) : noConversation(id);
  })(c);

export const deleteItem = (c: AppContext): Promise<Response> =>
  handler({ changes: true }, async (asked) =>
    changed(asked, await asked.inTurn((insteadOf) => asked.stub.removeItem({ id: itemIn(c), insteadOf }))),
  )(c);
