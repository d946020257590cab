/** A voucher's code: four groups of five unambiguous digits, a hundred random bits. */
import { sha256Hex } from '../../core/hex';

/** Crockford's alphabet, without I, L, O and U: https://www.crockford.com/base32.html */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUPS = 4;
const GROUP_DIGITS = 5;

export function newVoucherCode(): string {
  const digits = [...crypto.getRandomValues(new Uint8Array(GROUPS * GROUP_DIGITS))].map((byte) => DIGITS[byte % DIGITS.length]);
  return Array.from({ length: GROUPS }, (_, group) => digits.slice(group * GROUP_DIGITS, (group + 1) * GROUP_DIGITS).join('')).join('-');
}

/** Normalises what a person typed: look-alike letters become the intended digits, and separators are dropped. */
const plain = (typed: string): string =>
  typed
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');

/** What is stored of a code. It is random, so guessing it from the digest would mean trying all codes. */
export const voucherDigest = (typed: string): Promise<string> => sha256Hex(plain(typed));

/** By which the operator recognises it. */
export const codeStart = (code: string): string => code.slice(0, GROUP_DIGITS);
