import { isRecord } from '../../core/record';

export type JsonObject = Record<string, unknown>;

export const readObject = (value: unknown): JsonObject => (isRecord(value) ? value : {});

export const readObjects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isRecord) : []);

export const readString = (value: unknown): string => (typeof value === 'string' ? value : '');
