/**
 * The id of a call that thoughts are kept for, as its part's signature: of the two some clients bring back only the second,
 * since Google itself asks for no more (https://ai.google.dev/gemini-api/docs/thought-signatures).
 */
import { requestOfItem } from '../openai-responses/ids';
import { NO_SIGNATURE } from '../thought-signatures';

/** `call_` in base64. */
const BEGINNING = '"Y2FsbF';
const SIGNATURES = /("thought_?[sS]ignature"\s*:\s*)"(Y2FsbF[0-9A-Za-z]+)={0,2}"/g;

export const signatureOfCall = (id: string | undefined): string | undefined =>
  id !== undefined && requestOfItem(id) !== undefined ? btoa(id) : undefined;

/** The call whose id a signature is; undefined for a model's own. */
export function callInSignature(signature: string | undefined): string | undefined {
  if (signature === undefined || !/^Y2FsbF[0-9A-Za-z]+={0,2}$/.test(signature)) return undefined;
  const digits = signature.replace(/=+$/, '');
  // Of any other length nothing has been encoded.
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

/** A body in which the calls that come back are named by their ids. */
export const withCallIds = (body: string): string => replaced(body, (id) => id);

/** A body for the model that signs by itself: it takes no signature of another's, but this in its place. */
export const withoutCallIds = (body: string): string => replaced(body, () => NO_SIGNATURE);
