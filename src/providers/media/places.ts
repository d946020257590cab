/** Reads values by their path in an answer. */
import { isRecord, listOf } from '../../core/record';

const own = (value: unknown, name: string): unknown[] => {
  if (Array.isArray(value) && /^\d+$/.test(name)) return value[Number(name)] === undefined ? [] : [value[Number(name)]];
  return isRecord(value) && Object.hasOwn(value, name) ? [value[name]] : [];
};

/**
 * All values at a path such as `data.outputs[].url`: names separated by dots, `[]` for every element of a list, a
 * number for one of them.
 */
export function valuesAt(json: unknown, place: string): unknown[] {
  const steps = place.split('.').flatMap((part) => {
    const [name = '', ...lists] = part.split('[]');
    return [(value: unknown) => own(value, name), ...lists.map(() => listOf)];
  });
  return steps.reduce<unknown[]>((values, step) => values.flatMap(step), [json]);
}
