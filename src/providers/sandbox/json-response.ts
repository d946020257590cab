import type { ErrorBody } from './errors';

export const jsonResponse = (status: number, body: ErrorBody, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { ...headers, 'content-type': 'application/json' } });
