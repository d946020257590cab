import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { type Fields, isRecord } from '../../core/record';
import { type PromptSize, promptSize } from '../estimate-tokens';
import { type GeminiAddress, readAddress } from '../gemini/address';
import { field, recordField, textField } from '../gemini/fields';
import { partsIn } from '../gemini/parts';
import { parseBody } from '../parse-body';
import { promptFiles } from '../prompt-files';
import type { ClientRequest } from '../types';

/** A request for the vectors of one content or, as `batchEmbedContents`, of several. */
export interface EmbeddingRequest extends PromptSize {
  body: string;
  fields: Fields;
  model: string;
  isBatch: boolean;
  /** One a vector: what is embedded, and how. */
  parts: readonly EmbeddedPart[];
}

export interface EmbeddedPart {
  text: string;
  hasFiles: boolean;
  dimensions: unknown;
  /** The field that says what the vector is for, where there is one. */
  purpose: 'taskType' | 'title' | undefined;
}

const EMBEDDING = /^(?:embedContent|batchEmbedContents)$/;

export const isEmbedding = (address: GeminiAddress | undefined): boolean => address !== undefined && EMBEDDING.test(address.method);

const READ = { names: ['model', 'content', 'requests', 'taskType', 'title', 'outputDimensionality'], isFree: true };
const anyObject = z.looseObject({});

const refuse = (param: string, message: string) => fail('invalid_request', message, { param });

/** Protobuf's word for no task at all: https://ai.google.dev/api/embeddings#v1beta.TaskType */
const NO_TASK = 'TASK_TYPE_UNSPECIFIED';
const isGiven = (request: Fields, name: string): boolean => ![undefined, null, '', NO_TASK].includes(field(request, name) as string);

function readPart(request: Fields, at: string): Result<EmbeddedPart> {
  const parts = partsIn(recordField(request, 'content') ?? {});
  if (parts.length === 0) return refuse(`${at}content`, `The field \`${at}content\` must have at least one part.`);
  return ok({
    text: parts.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n'),
    hasFiles: parts.some(({ text }) => typeof text !== 'string'),
    dimensions: field(request, 'outputDimensionality'),
    purpose: (['taskType', 'title'] as const).find((name) => isGiven(request, name)),
  });
}

function requestsOf(fields: Fields, isBatch: boolean): Result<Fields[]> {
  if (!isBatch) return ok([fields]);
  const { requests } = fields;
  if (Array.isArray(requests) && requests.length > 0 && requests.every(isRecord)) return ok(requests);
  return refuse('requests', 'The field `requests` must be a list of at least one request.');
}

/** Only the texts and their titles count: what stands around them is nothing that is embedded. */
function sizeOf(requests: readonly Fields[], parts: readonly EmbeddedPart[]): PromptSize {
  const titles = requests.flatMap((request) => textField(request, 'title') ?? []);
  const contents = requests.map((request) => recordField(request, 'content'));
  if (promptFiles(contents).length > 0) return promptSize(JSON.stringify([titles, contents]), contents);
  return promptSize([...titles, ...parts.map(({ text }) => text)].join('\n'), undefined);
}

/** Reads a call of `models/{model}:embedContent` or `:batchEmbedContents` (https://ai.google.dev/api/embeddings). */
export function parseEmbedding({ body: given, url }: Pick<ClientRequest, 'body' | 'url'>): Result<EmbeddingRequest> {
  const { model, method } = readAddress(url)!;
  const isBatch = method === 'batchEmbedContents';
  const read = parseBody(given, anyObject, READ);
  if (!read.ok) return read;
  const { body, fields } = read.value;
  const requests = requestsOf(fields, isBatch);
  if (!requests.ok) return requests;
  const parts: EmbeddedPart[] = [];
  for (const [index, request] of requests.value.entries()) {
    const part = readPart(request, isBatch ? `requests[${index}].` : '');
    if (!part.ok) return part;
    parts.push(part.value);
  }
  const { requests: _, content: __, ...beside } = fields;
  return ok({ body, fields: beside, model, isBatch, parts, ...sizeOf(requests.value, parts) });
}
