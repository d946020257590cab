/** Keeps answers for idempotency keys, so that a call that is sent twice is answered twice and charged once. */
import { fail, ok, type Result } from '../core/errors';
import { keptAnswerKey } from '../core/kept-answers';

const MAX_KEPT_CHARS = 8_388_608;

type Files = Pick<R2Bucket, 'get' | 'put'>;

/** Collects an answer as it is sent. */
export class Recorder {
  private parts: string[] = [];
  private chars = 0;

  constructor(
    readonly keyHash: string,
    readonly headers: Record<string, string>,
  ) {}

  add(text: string): void {
    this.chars += text.length;
    if (this.chars <= MAX_KEPT_CHARS) this.parts.push(text);
    else this.parts = [];
  }

  /** Undefined when the answer was too long to keep. */
  text(): string | undefined {
    return this.chars <= MAX_KEPT_CHARS ? this.parts.join('') : undefined;
  }
}

export async function storeReplay(files: Files, accountId: string, operationId: string, recorder: Recorder): Promise<boolean> {
  const text = recorder.text();
  const key = keptAnswerKey('replays', accountId, operationId);
  if (text === undefined || key === undefined) return false;
  try {
    await files.put(key, text, { customMetadata: { headers: JSON.stringify(recorder.headers) } });
    return true;
  } catch (error) {
    console.error('answer not kept for its idempotency key', String(error));
    return false;
  }
}

/** The first answer as it was sent; undefined when it is no longer there. */
export async function readReplay(files: Files, accountId: string, operationId: string): Promise<Result<Response | undefined>> {
  try {
    const key = keptAnswerKey('replays', accountId, operationId);
    const object = key === undefined ? null : await files.get(key);
    if (!object) return ok(undefined);
    const headers = JSON.parse(object.customMetadata?.headers ?? '{}') as Record<string, string>;
    return ok(new Response(object.body, { headers: { ...headers, 'idempotent-replayed': 'true' } }));
  } catch (error) {
    console.error('kept answer not read', String(error));
    return fail('unavailable', 'The first answer to this Idempotency-Key could not be read; try again.', { retryAfterSeconds: 2 });
  }
}
