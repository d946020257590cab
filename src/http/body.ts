import { fail, ok, type Result } from '../core/errors';
import { readBounded } from '../core/read-bounded';

const tooLarge = (limitBytes: number) =>
  fail('body_too_large', `The request body is larger than ${Math.floor(limitBytes / 1_048_576)} MB.`);
const unreadable = () => fail('invalid_request', 'The request body could not be read to its end.');

/** A request whose body is no larger, for who reads it whole: what announces no length is read here. */
export async function boundedRequest(request: Request, limitBytes: number): Promise<Result<Request>> {
  const { url, method, headers, signal } = request;
  const declared = headers.get('content-length');
  if (declared !== null && Number(declared) > limitBytes) return tooLarge(limitBytes);
  if (declared !== null || !request.body) return ok(request);
  try {
    const body = await readBounded(request.body, limitBytes);
    return body ? ok(new Request(url, { method, headers, signal, body })) : tooLarge(limitBytes);
  } catch {
    return unreadable();
  }
}

/** A request's form, refused as soon as it proves too large; one that is streamed announces no length. */
export async function readForm(request: Request, limitBytes: number): Promise<Result<FormData>> {
  const refused = () => fail('body_too_large', `A form may have ${Math.floor(limitBytes / 1_048_576)} MB at most.`, { param: 'file' });
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > limitBytes) return refused();
  try {
    if (declared !== null || !request.body) return ok(await request.formData());
    const bytes = await readBounded(request.body, limitBytes);
    const headers = { 'content-type': request.headers.get('content-type') ?? '' };
    return bytes ? ok(await new Response(bytes, { headers }).formData()) : refused();
  } catch {
    return fail('invalid_request', 'The request body is not a valid form.');
  }
}

/** A request's body as text, refused as soon as it proves too large. */
export async function readBody(request: Request, limitBytes: number): Promise<Result<string>> {
  const encoding = request.headers.get('content-encoding');
  if (encoding !== null && encoding !== 'identity') return fail('unsupported_encoding', 'Send the request body without content-encoding.');
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > limitBytes) return tooLarge(limitBytes);
  try {
    if (declared !== null) return ok(await request.text());
    if (!request.body) return ok('');
    const decoder = new TextDecoder();
    let text = '';
    let size = 0;
    for await (const chunk of request.body) {
      size += chunk.byteLength;
      if (size > limitBytes) return tooLarge(limitBytes);
      text += decoder.decode(chunk, { stream: true });
    }
    return ok(text + decoder.decode());
  } catch {
    return unreadable();
  }
}
