/** Readers for a request's fields: each gives the value, nothing, or an error that names the field. */
import { fail, ok, type Result } from '../core/errors';
import { fileType } from '../core/media-type';
import { type PublicUrlRules, readPublicUrl } from '../core/public-url';
import { filledText, isRecord, recordOf } from '../core/record';
import { fromBase64 } from '../providers/media/sources';
import type { MediaSource } from '../providers/media/types';

export type Uploads = Readonly<Record<string, readonly MediaSource[]>>;

const MAX_TEXT_CHARS = 100_000;
const MAX_NAME_CHARS = 200;

/** No limits, for numbers that are clamped to the model's limits elsewhere. */
export const ANY = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY } as const;

/** The fields of a request. It notes which fields were read; the rest goes to the provider unchanged. */
export class Fields {
  private readonly read = new Set<string>();

  constructor(
    private readonly fields: Readonly<Record<string, unknown>>,
    private readonly uploads: Uploads,
    readonly rules: PublicUrlRules,
  ) {}

  /** The first of these names that is present, and its value. */
  private find(names: readonly string[]): { name: string; value: unknown } | undefined {
    for (const name of names) this.read.add(name);
    const name = names.find((known) => this.fields[known] !== undefined && this.fields[known] !== null);
    return name === undefined ? undefined : { name, value: this.fields[name] };
  }

  /** The name to use in an error: the one that the request has, which may have brackets as forms write lists. */
  nameOf(names: readonly string[]): string {
    const name = names.find((known) => this.uploads[known] !== undefined || (this.fields[known] ?? null) !== null);
    return (name ?? names[0]!).replace(/\[\]$/, '');
  }

  ignore(...names: string[]): void {
    for (const name of names) this.read.add(name);
  }

  /** True in JSON, or as a form writes it. */
  flag(name: string): boolean {
    const value = this.find([name])?.value;
    return value === true || value === 'true';
  }

  /** An upload that no reader took; unlike other fields it cannot just be passed on. */
  unreadUpload(): string | undefined {
    return Object.keys(this.uploads).find((name) => !this.read.has(name));
  }

  extra(): Record<string, unknown> {
    return Object.fromEntries(Object.entries(this.fields).filter(([name]) => !this.read.has(name)));
  }

  text(names: readonly string[], maxChars = MAX_NAME_CHARS): Result<string | undefined> {
    const found = this.find(names);
    if (!found) return ok(undefined);
    if (typeof found.value !== 'string') return invalid(found.name, 'must be a string');
    if (found.value.length > maxChars) return invalid(found.name, `is longer than ${maxChars} characters`);
    return ok(found.value);
  }

  longText(names: readonly string[], required: boolean): Result<string> {
    const read = this.text(names, MAX_TEXT_CHARS);
    if (!read.ok) return read;
    if (required && (read.value ?? '').trim() === '') return invalid(this.nameOf(names), 'is required');
    return ok(read.value ?? '');
  }

  /** @param offered The only values that are allowed within the limits. */
  number(
    names: readonly string[],
    { min, max, offered }: { min: number; max: number; offered?: readonly number[] },
  ): Result<number | undefined> {
    const found = this.find(names);
    if (!found) return ok(undefined);
    const number = typeof found.value === 'string' && found.value.trim() !== '' ? Number(found.value) : found.value;
    if (typeof number !== 'number' || !Number.isFinite(number) || number < min || number > max)
      return invalid(
        found.name,
        offered ? mustBeOneOf(offered) : min === ANY.min ? 'must be a number' : `must be a number from ${min} to ${max}`,
      );
    return offered && !offered.includes(number) ? invalid(found.name, mustBeOneOf(offered)) : ok(number);
  }

  oneOf(names: readonly string[], allowed: readonly string[] | undefined): Result<string | undefined> {
    const read = this.text(names);
    if (!read.ok || read.value === undefined || !allowed || allowed.includes(read.value)) return read;
    return invalid(names.find((name) => this.fields[name] === read.value) ?? names[0]!, `must be one of ${allowed.join(', ')}`);
  }

  record(name: string): Result<Record<string, unknown> | undefined> {
    const found = this.find([name]);
    if (!found) return ok(undefined);
    return isRecord(found.value) ? ok(found.value) : invalid(name, 'must be an object');
  }

  /** All sources under these names, uploads first, in the order of the names. */
  sources(names: readonly string[], forms: 'https' | 'any'): Result<MediaSource[]> {
    const found: MediaSource[] = [];
    for (const name of names) {
      this.read.add(name);
      // An upload gets a public URL of ours, so a model that takes only URLs takes uploads too.
      found.push(...(this.uploads[name] ?? []));
      const value = this.fields[name];
      const values = value === undefined || value === null || value === '' ? [] : Array.isArray(value) ? value : [value];
      for (const one of values) {
        const read = readSource(one, name, forms, this.rules);
        if (!read.ok) return read;
        found.push(read.value);
      }
    }
    return ok(found);
  }

  /** The first source under these names. */
  source(names: readonly string[], forms: 'https' | 'any' = 'any'): Result<MediaSource | undefined> {
    const all = this.sources(names, forms);
    return all.ok ? ok(all.value[0]) : all;
  }
}

function mustBeOneOf(offered: readonly number[]): string {
  const [first = 0] = offered;
  const isRange = offered.length > 3 && offered.every((number, index) => number === first + index);
  return isRange ? `must be a whole number from ${first} to ${offered.at(-1)}` : `must be one of ${offered.join(', ')}`;
}

export const invalid = (param: string, why: string) => fail('invalid_request', `The field \`${param}\` ${why}.`, { param });

const MAX_DATA_HEAD_CHARS = 1_000;
/** Browsers put the full type of a recording into a data URL, which may have a comma between two codecs. */
const DATA_URL = /^data:([^,;]*)(?:;.*?)?;base64,/is;

/** A data URL may have percent-escapes, such as `%2B` for a plus. */
function unescaped(base64: string): string {
  try {
    return base64.includes('%') ? decodeURIComponent(base64) : base64;
  } catch {
    return base64;
  }
}

const NO_URL = 'must be a public HTTPS URL, a data URL, or a file in a form';
const NO_BASE64 = 'must be a public HTTPS URL: this model takes no base64';

/**
 * A URL, a data URL, an object with either, as OpenAI's API has, or one with base64 and its type, as Google's: to write that
 * as a data URL would hold the file in memory once more.
 */
function readSource(value: unknown, name: string, forms: 'https' | 'any', rules: PublicUrlRules): Result<MediaSource> {
  const { url: address, image_url, data, mimeType } = recordOf(value);
  const inner = isRecord(value) ? (address ?? image_url ?? undefined) : value;
  if (inner === undefined && typeof data === 'string') {
    if (forms === 'https') return invalid(name, NO_BASE64);
    return bytesOf(data, filledText(mimeType)) ?? invalid(name, 'is not valid base64');
  }
  const text = typeof inner === 'string' ? inner.trim() : '';
  if (!/^data:/i.test(text)) {
    // Such as a file's path, which means nothing here.
    if (!URL.canParse(text)) return invalid(name, forms === 'any' ? NO_URL : 'must be a public HTTPS URL');
    const url = readPublicUrl(text, name, rules);
    return url.ok ? ok({ url: text }) : url;
  }
  if (forms === 'https') return invalid(name, NO_BASE64);
  const match = DATA_URL.exec(text.slice(0, MAX_DATA_HEAD_CHARS));
  const source = match ? bytesOf(unescaped(text.slice(match[0].length)), match[1]) : undefined;
  return source ?? invalid(name, 'is not a valid base64 data URL');
}

function bytesOf(base64: string, type: string | undefined): Result<MediaSource> | undefined {
  const bytes = fromBase64(base64);
  return bytes && bytes.length > 0 ? ok({ bytes, contentType: fileType(bytes, type) }) : undefined;
}
