import type {
  ImageInput,
  MediaAnswer,
  MediaCallback,
  MediaInput,
  MediaRequest,
  SpeechInput,
  Submission,
  ThreeDInput,
  VideoInput,
} from '../../../../src/providers/media/types';

/** An answer as the engine passes it on. */
export function answer(status: number, body: unknown, contentType = 'application/json'): MediaAnswer {
  const binary = body instanceof Uint8Array;
  const text = binary ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const json = typeof body === 'string' || binary ? undefined : body;
  const bytes = binary ? body : new TextEncoder().encode(text);
  return { status, headers: new Headers({ 'content-type': contentType }), bytes, text, json };
}

export const htmlAnswer = (status: number): MediaAnswer => answer(status, '<!doctype html><title>Bad gateway</title>', 'text/html');

export function callback(body: unknown, headers: Record<string, string> = {}): MediaCallback {
  return { headers: new Headers(headers), body: JSON.stringify(body), json: body };
}

export function submission(model: string, input: MediaInput, rest: Partial<Submission> = {}): Submission {
  return { model, defaults: {}, input, reference: 'job_1', callbackUrl: undefined, ...rest };
}

export const image = (input: Partial<ImageInput> = {}): ImageInput => ({
  kind: 'image',
  prompt: 'a fox in the snow',
  count: 1,
  references: [],
  extra: {},
  ...input,
});

export const video = (input: Partial<VideoInput> = {}): VideoInput => ({
  kind: 'video',
  prompt: 'a fox runs',
  durationSeconds: 5,
  references: [],
  extra: {},
  ...input,
});

export const threeD = (input: Partial<ThreeDInput> = {}): ThreeDInput => ({ kind: '3d', extra: {}, ...input });
export const speech = (input: Partial<SpeechInput> = {}): SpeechInput => ({
  kind: 'tts',
  text: 'Hello.',
  format: 'mp3',
  extra: {},
  ...input,
});

export const FOX = { url: 'https://example.com/fox.png' };
export const OWL = { url: 'https://example.com/owl.png' };

export const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
export const PNG_BASE64 = 'iVBORw0KGgo=';

/** A request with its JSON parsed, for snapshots. */
export function shown({ body, ...request }: MediaRequest): unknown {
  return { ...request, ...(typeof body === 'string' && { body: JSON.parse(body) }) };
}

/** HMAC-SHA256, in hexadecimal or base64. */
export async function sign(key: Uint8Array, content: string, encoding: 'hex' | 'base64'): Promise<string> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(content)));
  if (encoding === 'base64') return btoa(String.fromCharCode(...bytes));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
