import type { CompletedJob, Hypereal } from 'hypereal-sdk';
import { CommandError } from '../context.js';
import { saveAll } from '../files.js';
import { credits, EXIT, note, Progress, print, printJson } from '../output.js';

const USUAL_MS = 90_000;

/** Waits for a job with a line that shows it. An interrupt ends the waiting, never the job. */
export async function waitFor(client: Hypereal, jobId: string, label: string): Promise<CompletedJob> {
  const interrupted = new AbortController();
  const stop = () => interrupted.abort();
  process.once('SIGINT', stop);
  const progress = new Progress(label, USUAL_MS);
  let done = false;
  try {
    const job = await client.jobs.wait(jobId, { signal: interrupted.signal, onProgress: (seen) => progress.update(seen.state) });
    done = true;
    return job;
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    throw new CommandError(`The job goes on. Its result: hypereal jobs wait ${jobId}`, EXIT.interrupted);
  } finally {
    progress.end(done);
    process.off('SIGINT', stop);
  }
}

/** Saves what a job made, and says where. */
export async function showResult(job: CompletedJob, { output, asJson }: { output: string | undefined; asJson: boolean }): Promise<void> {
  const files = await saveAll(job.outputUrls, job.jobId, output);
  if (asJson && output !== '-') return printJson({ ...job, files });
  for (const file of files) print(file);
  if (job.text !== undefined) print(job.text);
  note(`${job.model} · ${credits(job.creditsUsed)}`);
}
