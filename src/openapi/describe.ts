/** Descriptions of routes, in a form that is shorter than OpenAPI's and checked by the compiler. */
import type * as z from 'zod';
import type { ErrorKind } from '../core/errors';

export const TAGS = {
  'Language models': 'Chat, answers and completions in the formats of OpenAI, Anthropic and Google.',
  Models: 'What there is, and what became of a call.',
  Images: 'Pictures, made and changed.',
  Video: 'Films, waited for or as a job.',
  'Audio and 3D': 'Speech, transcripts and 3D models.',
  Jobs: 'What takes long: looked after, listed and canceled.',
  GPU: 'Rented GPUs: models of the catalogue and your own deployments.',
  Storage: 'Files that are kept for you.',
  Webhooks: 'How you are told of jobs.',
  Account: 'Who you are, your API keys and your usage.',
  Organizations: 'People who share one wallet, their roles and their sign-in.',
  Audit: 'Who did what.',
  Billing: 'The wallet and what goes into it.',
  'Sign-in': 'Sessions for people.',
  Operator: "The operator's own API.",
  Health: 'Is it there?',
} as const;

type Tag = keyof typeof TAGS;

/** Who may call a route. */
export type Access = 'public' | 'key' | 'account' | 'person' | 'operator';

/** Whose error shape a route has. */
export type ErrorShape = 'openai' | 'anthropic' | 'gemini' | 'gemini-or-openai' | 'models' | 'sign-in' | 'browser';

export type Json = Record<string, unknown>;

export interface Parameter {
  name: string;
  in: 'query' | 'header' | 'path';
  description: string;
  schema: Json;
  required?: boolean;
  example?: unknown;
}

export interface Example {
  summary: string;
  value: unknown;
}

export interface RequestBody {
  schema: z.ZodType;
  /** JSON only, unless others are listed. */
  types?: readonly string[];
  required?: boolean;
  examples: Record<string, Example>;
}

/** A stream of server-sent events. */
interface EventStream {
  /** The schema of the JSON in `data:`. */
  event: z.ZodType;
  /** How the stream begins, goes on and ends. */
  words: string;
  example: string;
}

export interface Answer {
  description: string;
  json?: z.ZodType;
  events?: EventStream;
  /** Content that is neither JSON nor events. */
  others?: Record<string, Json>;
  headers?: readonly ('x-credits-charged' | 'x-job-id' | 'idempotent-replayed' | 'location')[];
}

export interface Route {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  /** The operation's name, from which type names are derived. */
  id: string;
  tag: Tag;
  summary: string;
  description?: string;
  access: Access;
  /** From the account plane's table of permissions. */
  permission?: string;
  parameters?: readonly Parameter[];
  body?: RequestBody;
  answers: Record<string, Answer>;
  errors: readonly ErrorKind[];
  shape?: ErrorShape;
  /** The vendor's own documentation, for formats that are not ours. */
  reference?: string;
}

/** A JSON answer. */
export const json = (description: string, schema: z.ZodType, headers?: Answer['headers']): Answer => ({
  description,
  json: schema,
  ...(headers && { headers }),
});

export const query = (name: string, description: string, schema: Json): Parameter => ({ name, in: 'query', description, schema });

export const header = (name: string, description: string, schema: Json = { type: 'string' }): Parameter => ({
  name,
  in: 'header',
  description,
  schema,
});

/** A single example of a body. */
export const example = (summary: string, value: unknown): Record<string, Example> => ({ usual: { summary, value } });
