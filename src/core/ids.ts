import { base62Digit, fromBase62, toBase62 } from './base62';

export const ACCOUNT_ID_BYTES = 12;
export const KEY_ID_BYTES = 4;
const NONCE_DIGITS = 13;

const random = (byteCount: number): Uint8Array => crypto.getRandomValues(new Uint8Array(byteCount));

export const accountId = (bytes: Uint8Array): string => `acc_${toBase62(bytes)}`;
export const keyId = (bytes: Uint8Array): string => `key_${toBase62(bytes)}`;
export const newAccountBytes = (): Uint8Array => random(ACCOUNT_ID_BYTES);
export const newKeyBytes = (): Uint8Array => random(KEY_ID_BYTES);

/** The bytes of an account id, undefined when it is none. */
export const accountBytes = (id: string): Uint8Array | undefined =>
  id.startsWith('acc_') ? fromBase62(id.slice(4), ACCOUNT_ID_BYTES) : undefined;

/** The bytes of a key id, undefined when it is none. */
export const keyBytes = (id: string): Uint8Array | undefined => (id.startsWith('key_') ? fromBase62(id.slice(4), KEY_ID_BYTES) : undefined);

/** Random base62 digits of nearly six bits each; 24 of them cannot be guessed. */
export function randomDigits(count: number): string {
  let digits = '';
  for (const byte of random(count)) digits += base62Digit(byte);
  return digits;
}

/** The random part of a request id, without which a hold could be closed by guessing its id. */
export const newNonce = (): string => randomDigits(NONCE_DIGITS);

export const newJobId = (): string => `job_${randomDigits(20)}`;
/** For URLs that only their owner may know. */
export const newToken = (): string => randomDigits(24);

/** Where an operation is stored. It can be read from the operation's id, so no index is needed. `month` is a number such as 202611. */
export interface OperationRef {
  nonce: string;
  epoch: number;
  month: number;
  seq: number;
}

/** `req_<nonce>` for a request without a hold, `req_<nonce>-<epoch>-<month>-<seq>` for one with a hold. */
export const requestId = (nonce: string): string => `req_${nonce}`;

export const operationId = (ref: OperationRef): string =>
  `req_${ref.nonce}-${ref.epoch.toString(36)}-${ref.month.toString(36)}-${ref.seq.toString(36)}`;

const OPERATION_ID = new RegExp(`^req_([0-9A-Za-z]{${NONCE_DIGITS}})-([0-9a-z]{1,6})-([0-9a-z]{1,5})-([0-9a-z]{1,10})$`);

export function parseOperationId(id: string): OperationRef | undefined {
  const match = OPERATION_ID.exec(id);
  if (!match) return undefined;
  const [, nonce, epoch, month, seq] = match;
  return { nonce: nonce!, epoch: parseInt(epoch!, 36), month: parseInt(month!, 36), seq: parseInt(seq!, 36) };
}

/** The UTC month as a number: 202611. */
export function monthOf(timeMs: number): number {
  const date = new Date(timeMs);
  return date.getUTCFullYear() * 100 + date.getUTCMonth() + 1;
}
