/**
 * The same paths under each of these, and at the root, since documented base URLs and clients' own paths join in several ways: some
 * clients append `/v1/messages` to what they are given, some `/messages`.
 */
export const BASES = ['/v1', '/api/v1', '/api/v1/v1', '/v1/v1', '/api'] as const;

/** Google's clients append `/v1`, `/v1beta` or nothing to any of these. */
export const GEMINI_BASES: readonly string[] = [
  ...['', ...BASES].map((base) => `${base}/v1beta`),
  ...['', ...BASES].map((base) => `${base}/gemini`).flatMap((base) => [base, `${base}/v1`, `${base}/v1beta`]),
];
