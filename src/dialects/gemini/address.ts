/** What a native path (`.../models/{model}:{method}`) says. */
export interface GeminiAddress {
  model: string;
  method: string;
  /**
   * `alt=sse`: streams are server-sent events rather than one JSON array. Every system parameter of Google's may begin with
   * a dollar sign: https://docs.cloud.google.com/apis/docs/system-parameters
   */
  sse: boolean;
}

const PATH = /\/(?:models|tunedModels)\/(.+):([A-Za-z]+)\/?$/;
const PREFIX = /^(?:models|tunedModels)\//;

/** The model's id without Google's prefix `models/`. */
export const bareModel = (model: string): string => model.replace(PREFIX, '');

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Undefined when the URL names no method of a model. */
export function readAddress(url: string): GeminiAddress | undefined {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const match = PATH.exec(decoded(pathname) ?? '');
  if (!match) return undefined;
  return { model: bareModel(match[1]!), method: match[2]!, sse: (searchParams.get('alt') ?? searchParams.get('$alt')) === 'sse' };
}
