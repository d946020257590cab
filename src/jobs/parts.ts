/**
 * A job for several pictures at a provider that makes fewer per request: as many requests as needed, sent together
 * under one claim. The job's result is what all of them made, and only pictures that came are charged. Each part's
 * state is a step, stored as JSON in the upstream job; of two looks at a part, the one that saw an end is right.
 */
import type { MediaAdapter, MediaStep, Submission, UpstreamJob } from '../providers/media/types';
import type { PendingResult } from './types';

/** A part whose bytes are already in our files. */
export type Part = Exclude<MediaStep, { state: 'done' }> | { state: 'done'; result: PendingResult };

export function submissionsOf(adapter: MediaAdapter, submission: Submission): Submission[] {
  const { input, model, reference } = submission;
  const atOnce = adapter.picturesAtOnce?.(model);
  if (input.kind !== 'image' || atOnce === undefined || input.count <= atOnce) return [submission];
  return Array.from({ length: Math.ceil(input.count / atOnce) }, (_, index) => {
    const count = Math.min(atOnce, input.count - index * atOnce);
    // The same seed would make the same picture again.
    const seed = input.seed === undefined || input.seed < 0 ? {} : { seed: input.seed + index };
    return { ...submission, input: { ...input, count, ...seed }, reference: `${reference}-${index}` };
  });
}

/** The parts' common state: running while any of them is, done when any has something to show. */
export function mergeParts(parts: readonly Part[]): Part {
  if (parts.length === 1) return parts[0]!;
  const running = parts.flatMap((part) => (part.state === 'running' ? [part] : []));
  if (running.length > 0) return { state: 'running', job: upstreamOf(running[0]!.job.model, parts) };
  const results = parts.flatMap((part) => (part.state === 'done' ? [part.result] : []));
  if (results.length > 0) return { state: 'done', result: mergeResults(results) };
  const failures = parts.flatMap((part) => (part.state === 'failed' ? [part.failure] : []));
  const worst = failures.find(({ mayHaveStarted }) => mayHaveStarted) ?? failures[0];
  return worst ? { state: 'failed', failure: worst } : { state: 'canceled' };
}

function mergeResults(results: readonly PendingResult[]): PendingResult {
  const { revisedPrompt } = results.find((result) => result.revisedPrompt !== undefined) ?? {};
  return { files: results.flatMap(({ files }) => files), ...(revisedPrompt !== undefined && { revisedPrompt }) };
}

/** An id that none of the parts has, so that a callback about one part is not taken for one about all. */
function upstreamOf(model: string, parts: readonly Part[]): UpstreamJob {
  const ids = parts.map((part) => (part.state === 'running' ? part.job.id : part.state));
  return { id: ids.join(','), model, parts: JSON.stringify(parts) };
}

/** Undefined for a job of a single request. */
export const partsOf = ({ parts }: UpstreamJob): Part[] | undefined =>
  typeof parts === 'string' ? (JSON.parse(parts) as Part[]) : undefined;

/** Joins what two looks saw of the same parts. */
export const joinParts = (known: readonly Part[], seen: readonly Part[]): Part[] =>
  known.map((part, index) => (part.state === 'running' ? (seen[index] ?? part) : part));

/** The upstream jobs that are still running. */
export const runningJobs = (upstream: UpstreamJob): UpstreamJob[] =>
  partsOf(upstream)?.flatMap((part) => (part.state === 'running' ? [part.job] : [])) ?? [upstream];

/** A number for a part's first file that no final file gets, for as long as the file's place in the result is unknown. */
export const firstFileOf = (part: number): number => (part + 1) * 100;

export type InTurn = <Value>(work: () => Promise<Value>) => Promise<Value>;

/** Runs one after the other: reading an answer with a picture in it takes its size in memory several times. */
export function oneByOne(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
