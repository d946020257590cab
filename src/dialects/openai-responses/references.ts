/** Items made by the gateway that an input names instead of containing, as the AI SDK does unless `store` is false. */
import { fail, ok, type Result } from '../../core/errors';
import { rewriteElements, rewriteMembers } from '../../core/json';
import { isRecord, parseJson } from '../../core/record';
import { promptSize } from '../estimate-tokens';
import { isReference } from '../prompt-files';
import { requestOfItem } from './ids';
import type { ResponsesRequest } from './types';

const MAX_QUOTED_CHARS = 200;

/** The id of an item made by the gateway that this item refers to. */
function ownName(item: unknown): string | undefined {
  if (!isRecord(item) || !isReference(item) || typeof item.id !== 'string') return undefined;
  return requestOfItem(item.id) === undefined ? undefined : item.id;
}

/** The requests whose answers hold the items that the input names; undefined where it names none. */
export function namedRequests({ fields: { input } }: ResponsesRequest): string[] | undefined {
  if (!Array.isArray(input)) return undefined;
  const names = (input as unknown[]).flatMap((item) => ownName(item) ?? []);
  return names.length === 0 ? undefined : [...new Set(names.map((name) => requestOfItem(name)!))];
}

/** Does the input refer to an item that somebody else keeps? */
export const namesOthers = (input: unknown): boolean =>
  Array.isArray(input) && (input as unknown[]).some((item) => isRecord(item) && isReference(item) && ownName(item) === undefined);

/** The request with each reference replaced by its item. */
export function bringItems(request: ResponsesRequest, items: readonly unknown[]): Result<ResponsesRequest> {
  const found = new Map(items.flatMap((item) => (isRecord(item) ? [[item.id, item]] : [])));
  const input = request.fields.input as unknown[];
  const missing = input.map(ownName).find((name) => name !== undefined && !found.has(name));
  if (missing !== undefined)
    return fail(
      'invalid_request',
      `Item with id '${missing.slice(0, MAX_QUOTED_CHARS)}' not found: it is not kept any more, or was never. Send \`store: false\`, so that the input has its items whole, or use /v1/chat/completions.`,
      { param: 'input' },
    );
  const whole = (item: unknown): unknown => found.get(ownName(item)) ?? item;
  const body = rewriteMembers(request.body, (raw, key) =>
    key === 'input' ? rewriteElements(raw, (element) => named(element, whole)) : raw,
  );
  const brought = input.map(whole);
  return ok({ ...request, body, fields: { ...request.fields, input: brought }, ...promptSize(body, brought) });
}

function named(raw: string, whole: (item: unknown) => unknown): string {
  const item = parseJson(raw);
  const brought = whole(item);
  return brought === item ? raw : JSON.stringify(brought);
}
