/** A job that a method of Google's asks for. */
import type { GatewayError, Result } from '../../core/errors';
import type { Fields } from '../../core/record';
import type { GeminiAddress } from '../../dialects/gemini/address';
import { renderGeminiError } from '../../dialects/gemini/errors';
import type { AppContext } from '../../http/context';
import { GEMINI_NATIVE } from '../../http/endpoints';
import type { CreatedJob } from '../../jobs/create';
import type { MediaCall } from '../../jobs/plan';
import { readMediaRequest, startJob } from './request';

export const GEMINI = { renderError: renderGeminiError };

/** How the method's request is read as that of a media model, and the errors of that are told in its words. */
interface MethodFormat {
  read: (json: Fields, model: string) => Result<Fields>;
  inWords: (error: GatewayError) => GatewayError;
}

export async function createJobOf(
  c: AppContext,
  { model, method }: GeminiAddress,
  { read, inWords }: MethodFormat,
  call: Pick<MediaCall, 'families'>,
): Promise<Result<CreatedJob>> {
  const { endpoint } = GEMINI_NATIVE;
  const request = await readMediaRequest(c, endpoint, { form: 'flat', named: model, path: `${endpoint}/${model}:${method}` });
  if (!request.ok) return request;
  const { body } = request.value;
  const fields = read(body.fields, model);
  if (!fields.ok) return fields;
  const job = await startJob(c, { ...request.value, body: { ...body, fields: fields.value } }, call);
  return job.ok ? job : { ok: false, error: inWords(job.error) };
}
