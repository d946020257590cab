import { isRecord } from '../../core/record';
import { snakeCase } from '../known-names';

export type Fields = Record<string, unknown>;

/** A member under its own name or in snake_case, since Google takes both (https://protobuf.dev/programming-guides/json/). */
export const field = (record: Fields, name: string): unknown => record[name] ?? record[snakeCase(name)] ?? undefined;

export const recordField = (record: Fields, name: string): Fields | undefined => {
  const value = field(record, name);
  return isRecord(value) ? value : undefined;
};

export const listField = (record: Fields, name: string): Fields[] => {
  const value = field(record, name);
  return Array.isArray(value) ? value.filter(isRecord) : [];
};

/** A non-empty text. */
export const textField = (record: Fields, name: string): string | undefined => {
  const value = field(record, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
};
