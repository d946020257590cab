/** A PNG with a gradient, by https://www.w3.org/TR/png-3/ */
import { ascii, bigEndian, concat } from './bytes';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const COLORS = 256;
const PALETTE = 3;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = concat([ascii(type), data]);
  return concat([bigEndian(data.byteLength, 4), body, bigEndian(crc32(body), 4)]);
}

function palette(seed: number): Uint8Array {
  const from = [seed & 0xff, (seed >>> 8) & 0xff, (seed >>> 16) & 0xff];
  const colors = new Uint8Array(COLORS * 3);
  for (let index = 0; index < COLORS; index++)
    for (let channel = 0; channel < 3; channel++) {
      const start = from[channel]!;
      colors[index * 3 + channel] = Math.round(start + ((255 - 2 * start) * index) / (COLORS - 1));
    }
  return colors;
}

/** Rows are alike, so that even a picture of 4096 by 4096 is quickly written, and small. */
async function deflatedRows(width: number, height: number): Promise<Uint8Array> {
  const row = new Uint8Array(width + 1);
  for (let x = 0; x < width; x++) row[x + 1] = Math.floor((x * COLORS) / width);
  const deflate = new CompressionStream('deflate');
  const writer = deflate.writable.getWriter();
  const writing = (async () => {
    for (let y = 0; y < height; y++) await writer.write(row);
    await writer.close();
  })();
  const parts: Uint8Array[] = [];
  for await (const part of deflate.readable) parts.push(part as Uint8Array);
  await writing;
  return concat(parts);
}

export async function makePng(width: number, height: number, seed: number): Promise<Uint8Array<ArrayBuffer>> {
  const header = concat([bigEndian(width, 4), bigEndian(height, 4), Uint8Array.of(8, PALETTE, 0, 0, 0)]);
  const pixels = await deflatedRows(width, height);
  return concat([SIGNATURE, chunk('IHDR', header), chunk('PLTE', palette(seed)), chunk('IDAT', pixels), chunk('IEND', new Uint8Array())]);
}
