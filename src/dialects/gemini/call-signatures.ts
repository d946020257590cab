/**
 * Puts a call's id into its part's thought signature, by which kept thoughts are found again. Some clients send back
 * only the signature, which is all that Google asks for (https://ai.google.dev/gemini-api/docs/thought-signatures).
 */
import { requestOfItem } from '../openai-responses/ids';
import { NO_SIGNATURE } from '../thought-signatures';

/** `call_` in base64. */
const BEGINNING = '"Y2FsbF';
const SIGNATURES = /("thought_?[sS]ignature"\s*:\s*)"(Y2FsbF[0-9A-Za-z]+)={0,2}"/g;

export const signatureOfCall = (id: string | undefined): string | undefined =>
  id !== undefined && requestOfItem(id) !== undefined ? btoa(id) : undefined;

/** The call id in a signature; undefined for a signature that a model made. */
export function callInSignature(signature: string | undefined): string | undefined {
  if (signature === undefined || !/^Y2FsbF[0-9A-Za-z]+={0,2}$/.test(signature)) return undefined;
  const digits = signature.replace(/=+$/, '');
  // No base64 text has such a length.
  const id = digits.length % 4 === 1 ? '' : atob(digits.padEnd(Math.ceil(digits.length / 4) * 4, '='));
  return requestOfItem(id) === undefined ? undefined : id;
}

function replaced(body: string, by: (id: string) => string): string {
  if (!body.includes(BEGINNING)) return body;
  return body.replace(SIGNATURES, (all, name: string, signature: string) => {
    const id = callInSignature(signature);
    return id === undefined ? all : `${name}"${by(id)}"`;
  });
}

/** The body with call ids in place of such signatures. */
export const withCallIds = (body: string): string => replaced(body, (id) => id);

/** The body for a model that signs by itself. It refuses foreign signatures, but accepts this placeholder. */
export const withoutCallIds = (body: string): string => replaced(body, () => NO_SIGNATURE);
