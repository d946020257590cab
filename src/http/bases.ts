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

/** Below it the path names the model: `/openai/deployments/{model}/chat/completions`. */
export const MODELS_BASE = '/openai/deployments/:model{.+}';
const MODELS_PATH = /^[^?]*\/openai\/deployments\/([^?]+?)\/(?:chat\/completions|completions|embeddings|images\/\w+|audio\/\w+)(?:\?|$)/;

export function modelOfPath(url: string): string | undefined {
  const named = url.includes('/openai/') ? MODELS_PATH.exec(url)?.[1] : undefined;
  if (named === undefined) return undefined;
  try {
    return decodeURIComponent(named);
  } catch {
    return named;
  }
}

/** Some clients put this between their base URL and a path, and cannot be told to leave it out. */
const CLIENTS_OWN = /^(?:\/(?:api|v1)){0,2}\/openai(?:\/v1|(\/deployments))?(?=\/|$)/;

/** A path of this API in place of one below such a base. */
export const withoutClientsOwn = (path: string): string =>
  path.replace(CLIENTS_OWN, (_, ofAModel?: string) => (ofAModel === undefined ? '/v1' : '/openai/deployments'));
