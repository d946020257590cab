/** Submits that are answered with a stream: preliminary pictures are stored as they come, for clients that watch. */

import { parseJson } from '../core/record';
import { eventData, splitEvents, wholeEventsEnd } from '../core/sse';
import type { MediaAdapter, MediaEvent, MediaResult, MediaStep, Submission } from '../providers/media/types';
import type { JobDeps } from './deps';
import { partialKey, putBytes } from './files';
import { changeJob } from './store';
import type { Job } from './types';
import { MAX_ANSWER_BYTES } from './upstream';

type Partial = Extract<MediaEvent, { state: 'partial' }>;

const EVENTS = /^text\/event-stream\b/i;

export const isStream = (response: Response): boolean => response.ok && EVENTS.test(response.headers.get('content-type') ?? '');

/** Throws when the stream breaks off, since then nobody knows what the vendor made. */
export async function readStream(
  deps: JobDeps,
  job: Job,
  adapter: Required<Pick<MediaAdapter, 'readEvent'>>,
  submission: Submission,
  response: Response,
): Promise<MediaStep> {
  const results: MediaResult[] = [];
  let kept = job.partials?.length ?? 0;
  for await (const json of eventsOf(response)) {
    const event = adapter.readEvent(json, submission);
    if (event?.state === 'partial') await keepPartial(deps, job, kept++, event.file);
    else if (event?.state === 'done') results.push(event.result);
    else if (event) return event;
  }
  const [first] = results;
  if (!first) throw new Error('the stream ended without a result');
  return { state: 'done', result: { ...first, files: results.flatMap(({ files }) => files) } };
}

async function* eventsOf(response: Response): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ANSWER_BYTES) throw new Error('the answer is too large');
    const end = wholeEventsEnd(text);
    const events = end === 0 ? [] : splitEvents(text.slice(0, end));
    text = text.slice(end);
    for (const event of events) {
      const data = eventData(event);
      const json = data === undefined ? undefined : parseJson(data);
      if (json !== undefined) yield json;
    }
  }
}

/** Failures are ignored: only the final picture counts. */
async function keepPartial(deps: JobDeps, job: Job, index: number, { bytes, contentType }: Partial['file']): Promise<void> {
  try {
    const file = await putBytes(deps, partialKey(job, index), bytes, contentType);
    await changeJob(deps.db, job, (present) =>
      present.state === 'submitting' ? { partials: [...(present.partials ?? []), file] } : undefined,
    );
  } catch (error) {
    console.error('partial not kept', JSON.stringify({ jobId: job.id, error: String(error) }));
  }
}
