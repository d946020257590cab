/**
 * The catalogue with the operator's file applied, as this isolate knows it. Calls use what is here while the file is
 * checked in the background. When the file is broken or R2 fails, the catalogue in force stays.
 */
import { within } from '../../core/within';
import { type CatalogueError, errorText } from '../../providers/overrides/schema';
import { type Registry, withOverrides } from '../../providers/registry';

export const CATALOGUE_KEY = 'config/catalogue.json';
/** The last usable file, for isolates that start while the current one is broken. */
export const LAST_GOOD_KEY = 'config/catalogue.last-good.json';
export const LOOK_EVERY_MS = 30_000;
const LIMIT_BYTES = 1_048_576;

export type CatalogueFiles = Pick<R2Bucket, 'get' | 'head' | 'put' | 'delete'>;

export interface FileState {
  etag: string;
  uploadedAt: string;
  errors: readonly CatalogueError[];
  changedIds: readonly string[];
}

export class LiveCatalogue {
  registry: Registry;
  /** The file as last seen. */
  seen: FileState | undefined;
  /** False as long as nobody can say whether there is a file. */
  isLoaded = false;
  private hasFile = false;
  private lookedAtMs = Number.NEGATIVE_INFINITY;

  /** @param base The catalogue with the Worker's variables applied, which last as long as the Worker. */
  constructor(
    readonly base: Registry,
    readonly files: CatalogueFiles,
    private readonly now: () => number = Date.now,
  ) {
    this.registry = base;
  }

  /** Checks the file if it is time to, without making a call wait. */
  refresh(waitUntil: (work: Promise<unknown>) => void): void {
    if (this.isDue()) waitUntil(this.load());
  }

  /** For those that can wait, such as queue consumers. */
  async refreshed(): Promise<void> {
    if (!this.isLoaded || this.isDue()) await this.load();
  }

  /**
   * Waits, up to a limit, for this isolate's first look. Each request makes a look of its own, since a Worker's promise
   * belongs to its request.
   */
  async firstLook(withinMs: number): Promise<void> {
    if (this.isLoaded || withinMs <= 0) return;
    await within(this.load(), withinMs);
  }

  private isDue(): boolean {
    return this.now() - this.lookedAtMs >= LOOK_EVERY_MS;
  }

  /** Never throws: without R2 everything stays as it is. */
  async load(): Promise<void> {
    this.lookedAtMs = this.now();
    try {
      await this.look();
      this.isLoaded = true;
    } catch (error) {
      console.error('catalogue file not read', String(error));
    }
  }

  private async look(): Promise<void> {
    const known = this.seen?.etag;
    const found = await this.files.get(CATALOGUE_KEY, known === undefined ? undefined : { onlyIf: { etagDoesNotMatch: known } });
    if (found === null) return this.withoutFile();
    if (!('body' in found)) return;
    const { etag, size, uploaded } = found;
    const text = size > LIMIT_BYTES ? undefined : await found.text();
    const applied = text === undefined ? TOO_LARGE : withOverrides(this.base, text);
    this.seen = {
      etag,
      uploadedAt: uploaded.toISOString(),
      errors: applied.ok ? [] : applied.errors,
      changedIds: applied.ok ? applied.value.changedIds : [],
    };
    if (!applied.ok) return this.refused(applied.errors);
    this.registry = applied.value.registry;
    this.hasFile = true;
    await this.keepAsGood(text!, etag).catch((error: unknown) => console.error('catalogue file not kept', String(error)));
  }

  private async withoutFile(): Promise<void> {
    if (this.seen) await this.files.delete(LAST_GOOD_KEY);
    this.registry = this.base;
    this.seen = undefined;
    this.hasFile = false;
  }

  private async refused(errors: readonly CatalogueError[]): Promise<void> {
    console.error('catalogue file refused', JSON.stringify({ key: CATALOGUE_KEY, errors: errors.map(errorText) }));
    if (this.hasFile) return;
    const good = await this.files.get(LAST_GOOD_KEY);
    const applied = good && withOverrides(this.base, await good.text());
    if (!applied?.ok) return;
    this.registry = applied.value.registry;
    this.hasFile = true;
  }

  private async keepAsGood(text: string, etag: string): Promise<void> {
    const kept = await this.files.head(LAST_GOOD_KEY);
    if (kept?.customMetadata?.etag === etag) return;
    await this.files.put(LAST_GOOD_KEY, text, { customMetadata: { etag } });
  }
}

const TOO_LARGE = { ok: false, errors: [{ line: 1, column: 1, field: '', message: `larger than ${LIMIT_BYTES} bytes` }] } as const;
