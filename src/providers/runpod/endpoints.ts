/** The catalogue's GPU models run on the operator's own endpoints, whose ids are in `RUNPOD_ENDPOINTS`. */
import * as z from 'zod';
import { nameSchema, readJsonVariable } from '../custom-config';
import type { Model } from '../types';

const VARIABLE = 'RUNPOD_ENDPOINTS';

/** Endpoint ids by model id: `{"sdxl": "abc123"}`. */
const schema = z.record(z.string(), nameSchema);

export function withRunpodEndpoints(models: readonly Model[], env: Record<string, unknown>): Model[] {
  const endpoints = new Map(Object.entries(readJsonVariable(env, VARIABLE, schema) ?? {}));
  for (const id of endpoints.keys())
    if (!models.some((model) => model.id === id && model.family === 'gpu'))
      throw new Error(`${VARIABLE}.${id}: the catalogue has no GPU model of this name.`);
  return models.map((model) => {
    const endpoint = endpoints.get(model.id);
    return endpoint === undefined ? model : { ...model, chain: [{ provider: 'runpod', model: endpoint }, ...model.chain] };
  });
}
