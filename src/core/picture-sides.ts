/** How many pixels a picture has, by its first bytes: https://www.w3.org/TR/png-3, https://www.w3.org/Graphics/JPEG and others. */
export interface PictureSides {
  width: number;
  height: number;
}

const ascii = (bytes: DataView, at: number, length: number): string =>
  at + length > bytes.byteLength ? '' : String.fromCharCode(...Array.from({ length }, (_, index) => bytes.getUint8(at + index)));

const u24 = (bytes: DataView, at: number): number => bytes.getUint16(at, true) + bytes.getUint8(at + 2) * 65_536;

function ofWebp(bytes: DataView): PictureSides | undefined {
  const kind = ascii(bytes, 12, 4);
  if (bytes.byteLength < 30) return undefined;
  if (kind === 'VP8X') return { width: u24(bytes, 24) + 1, height: u24(bytes, 27) + 1 };
  if (kind === 'VP8 ') return { width: bytes.getUint16(26, true) & 0x3fff, height: bytes.getUint16(28, true) & 0x3fff };
  if (kind !== 'VP8L') return undefined;
  const packed = bytes.getUint32(21, true);
  return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
}

/** Frames begin with one of these markers; 0xc4, 0xc8 and 0xcc among them mean something else. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

function ofJpeg(bytes: DataView): PictureSides | undefined {
  for (let at = 2; at + 9 <= bytes.byteLength; ) {
    if (bytes.getUint8(at) !== 0xff) return undefined;
    const marker = bytes.getUint8(at + 1);
    if (isFrame(marker)) return { width: bytes.getUint16(at + 7), height: bytes.getUint16(at + 5) };
    // Between segments there may be any number of these.
    at += marker === 0xff ? 1 : 2 + bytes.getUint16(at + 2);
  }
  return undefined;
}

/** Undefined where it is of another kind, or tells its size later than in these bytes. */
export function pictureSides({ buffer, byteOffset, byteLength }: Uint8Array): PictureSides | undefined {
  if (byteLength < 24) return undefined;
  const bytes = new DataView(buffer, byteOffset, byteLength);
  if (ascii(bytes, 1, 3) === 'PNG') return { width: bytes.getUint32(16), height: bytes.getUint32(20) };
  if (ascii(bytes, 0, 3) === 'GIF') return { width: bytes.getUint16(6, true), height: bytes.getUint16(8, true) };
  if (ascii(bytes, 0, 4) === 'RIFF') return ofWebp(bytes);
  return bytes.getUint16(0) === 0xffd8 ? ofJpeg(bytes) : undefined;
}
