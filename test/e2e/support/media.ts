/** Accounts that may make media, and what tests read of jobs. */
import { Account } from './account';
import { until } from './wait';
import type { Worker } from './worker';

const MICRO_PER_CREDIT = 1_000_000;

/** An account of the tier that media needs. */
export async function openMediaAccount(worker: Worker, credits = 10_000, tier = 'starter'): Promise<Account> {
  const { id } = await worker.admin<{ id: string }>('/accounts', { name: 'A media test', credits, tier });
  const { key } = await worker.admin<{ key: string }>(`/accounts/${id}/keys`, { name: 'A key' });
  return new Account(worker, id, key, credits * MICRO_PER_CREDIT);
}

export interface JobView {
  jobId: string;
  status: string;
  outputUrl: string | null;
  outputUrls: string[];
  creditsUsed: number;
  error?: string;
  [field: string]: unknown;
}

/** The fields that tests check in any answer. */
export interface MediaAnswer extends JobView {
  data: { url: string; b64_json?: string; model?: string }[];
  pollUrl: string;
  /** The error of a refusal. */
  refusal: { type: string; message: string; param: string | null; [detail: string]: unknown };
}

export async function call(account: Account, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const isForm = body instanceof FormData;
  const response = await fetch(`${account.baseUrl.replace(/\/v1$/, '')}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${account.key}`,
      ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isForm || typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = (text.trim() === '' ? {} : JSON.parse(text)) as MediaAnswer & { error?: unknown };
  const answer: MediaAnswer = { ...json, refusal: json.error as unknown as MediaAnswer['refusal'] };
  return { status: response.status, headers: response.headers, text, body: answer };
}

export const post = (account: Account, path: string, body: unknown, headers: Record<string, string> = {}) =>
  call(account, 'POST', path, body, headers);

export const jobOf = async (account: Account, id: string): Promise<JobView> => (await call(account, 'GET', `/v1/jobs/${id}`)).body;

/** The job once it has ended. */
export const ended = (account: Account, id: string, patienceMs = 30_000): Promise<JobView> =>
  until(
    `the job ${id} to end`,
    async () => {
      const job = await jobOf(account, id);
      return job.status !== 'processing' && job;
    },
    patienceMs,
  );

/** A file, and how it is served. */
export async function fileAt(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, type: response.headers.get('content-type') };
}
