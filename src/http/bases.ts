/**
 * The API is served under each of these and at the root, because documented base URLs and clients' own paths join in
 * several ways: some clients append `/v1/messages` to the base URL, some only `/messages`.
 */
export const BASES = ['/v1', '/api/v1', '/api/v1/v1', '/v1/v1', '/api'] as const;

/** `v1alpha` is Google's base for features in preview: https://ai.google.dev/gemini-api/docs/gemini-3#media_resolution */
const PREVIEWS = ['/v1beta', '/v1alpha'] as const;

/** Google's clients append `/v1`, `/v1beta`, `/v1alpha` or nothing to any of these. */
export const GEMINI_BASES: readonly string[] = ['', ...BASES].flatMap((base) => [
  ...PREVIEWS.map((version) => base + version),
  ...['', '/v1', ...PREVIEWS].map((version) => `${base}/gemini${version}`),
]);
