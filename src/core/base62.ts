const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = new Map([...ALPHABET].map((char, value) => [char, value]));
/** Eight digits fit a double exactly; working in blocks of eight keeps the BigInt work small. */
const BLOCK = 8;
const BLOCK_BASE = 62n ** BigInt(BLOCK);

/** One digit for a random byte. 256 is no multiple of 62, so some digits come up a quarter more often than others. */
export const base62Digit = (byte: number): string => ALPHABET[byte % 62]!;

/** How many base62 digits hold so many bytes, whatever their value. */
export const base62Length = (byteCount: number): number => Math.ceil((byteCount * 8) / Math.log2(62));

/** Bytes as base62, always `base62Length(bytes.length)` digits long. */
export function toBase62(bytes: Uint8Array): string {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  const length = base62Length(bytes.length);
  let digits = '';
  while (digits.length < length) {
    let block = Number(value % BLOCK_BASE);
    value /= BLOCK_BASE;
    for (let i = 0; i < BLOCK; i++) {
      digits = ALPHABET[block % 62] + digits;
      block = Math.floor(block / 62);
    }
  }
  return digits.slice(-length);
}

/** The inverse of `toBase62`; undefined for a wrong length, a foreign character or a value too large. */
export function fromBase62(digits: string, byteCount: number): Uint8Array | undefined {
  if (digits.length !== base62Length(byteCount)) return undefined;
  let value = 0n;
  for (let start = 0; start < digits.length; start += BLOCK) {
    const block = digits.slice(start, start + BLOCK);
    let number = 0;
    for (const char of block) {
      const digit = DIGITS.get(char);
      if (digit === undefined) return undefined;
      number = number * 62 + digit;
    }
    value = value * 62n ** BigInt(block.length) + BigInt(number);
  }
  const bytes = new Uint8Array(byteCount);
  for (let i = byteCount - 1; i >= 0; i--) {
    bytes[i] = Number(value & 0xffn);
    value >>= 8n;
  }
  return value === 0n ? bytes : undefined;
}
