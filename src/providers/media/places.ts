/** Values by where they stand in an answer. */
import { isRecord } from '../../core/record';

const own = (value: unknown, name: string): unknown[] => {
  if (Array.isArray(value) && /^\d+$/.test(name)) return value[Number(name)] === undefined ? [] : [value[Number(name)]];
  return isRecord(value) && Object.hasOwn(value, name) ? [value[name]] : [];
};
const each = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** All that stands at `data.outputs[].url`: names with dots between them, `[]` for each of a list, a number for one of it. */
export function valuesAt(json: unknown, place: string): unknown[] {
  const steps = place.split('.').flatMap((part) => {
    const [name = '', ...lists] = part.split('[]');
    return [(value: unknown) => own(value, name), ...lists.map(() => each)];
  });
  return steps.reduce<unknown[]>((values, step) => values.flatMap(step), [json]);
}
