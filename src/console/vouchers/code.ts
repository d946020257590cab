/** A voucher's code: four groups of five digits that nobody mistakes for each other, a hundred bits of chance. */
import { sha256Hex } from '../../core/hex';

/** Crockford's: without I, L, O and U (https://www.crockford.com/base32.html). */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUPS = 4;
const GROUP_DIGITS = 5;

export function newVoucherCode(): string {
  const digits = [...crypto.getRandomValues(new Uint8Array(GROUPS * GROUP_DIGITS))].map((byte) => DIGITS[byte % DIGITS.length]);
  return Array.from({ length: GROUPS }, (_, group) => digits.slice(group * GROUP_DIGITS, (group + 1) * GROUP_DIGITS).join('')).join('-');
}

/** What a person typed as the digits that were meant, whatever stands between them. */
const plain = (typed: string): string =>
  typed
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');

/** What is kept of a code: as it is chance alone, nothing shorter than all codes is to be tried for it. */
export const voucherDigest = (typed: string): Promise<string> => sha256Hex(plain(typed));

/** By which an operator knows it again. */
export const codeStart = (code: string): string => code.slice(0, GROUP_DIGITS);
