/** How long the upstream asks to wait, by any of the headers in use; undefined without one. */
export function retryAfterMs(response: Response, nowMs: number): number | undefined {
  const milliseconds = Number(response.headers.get('retry-after-ms') ?? response.headers.get('x-ms-retry-after-ms') ?? Number.NaN);
  if (milliseconds >= 0) return milliseconds;
  const value = response.headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds * 1000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
