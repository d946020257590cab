import { type Fields, filledText, isRecord, recordsOf } from '../../core/record';
import { snakeCase } from '../known-names';

/** A member under its own name or in snake_case, since Google takes both (https://protobuf.dev/programming-guides/json/). */
export const field = (record: Fields, name: string): unknown => record[name] ?? record[snakeCase(name)] ?? undefined;

export const recordField = (record: Fields, name: string): Fields | undefined => {
  const value = field(record, name);
  return isRecord(value) ? value : undefined;
};

/** Google takes a lone object for a list of one, and some clients send their tools so. */
export const listField = (record: Fields, name: string): Fields[] => recordsOf([field(record, name)].flat());

export const textField = (record: Fields, name: string): string | undefined => filledText(field(record, name));
