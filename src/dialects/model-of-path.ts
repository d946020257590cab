import { setMembers } from '../core/json';
import { isRecord, parseJson } from '../core/record';
import type { Dialect } from './types';

function withModel(body: string, model: string): string {
  return isRecord(parseJson(body)) ? setMembers(body, { model: JSON.stringify(model) }) : body;
}

/** The dialect for requests whose path names the model, whatever their body says of it. */
export const withModelOfPath = (usual: Dialect, model: string): Dialect => ({
  ...usual,
  parse: (request) => usual.parse({ ...request, body: withModel(request.body, model) }),
  askedByUrl: () => `/${model}`,
});
