/**
 * A film of plain colors as H.264: baseline profile, a key frame of raw macroblocks a second, and frames between that
 * repeat it. By ITU-T H.264, sections 7.3 and 7.4.
 */
import { concat } from './bytes';

const SPS = 0x67;
const PPS = 0x68;
const KEY_FRAME = 0x65;
const REPEATED_FRAME = 0x41;
const PROFILE_BASELINE = 66;
const LEVEL_3 = 30;
const I_PCM = 25;
const I_SLICE = 7;
const P_SLICE = 5;
const LUMA_BYTES = 256;
const CHROMA_BYTES = 64;

class Bits {
  private readonly bytes: number[] = [];
  private current = 0;
  private filled = 0;

  put(value: number, count: number): this {
    for (let bit = count - 1; bit >= 0; bit--) {
      this.current = (this.current << 1) | ((value >>> bit) & 1);
      if (++this.filled === 8) {
        this.bytes.push(this.current);
        this.current = 0;
        this.filled = 0;
      }
    }
    return this;
  }

  /** Exponential Golomb code, ue(v). */
  golomb(value: number): this {
    const length = 32 - Math.clz32(value + 1);
    return this.put(0, length - 1).put(value + 1, length);
  }

  align(): this {
    while (this.filled > 0) this.put(0, 1);
    return this;
  }

  raw(bytes: Uint8Array): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }

  /** With the stop bit. */
  end(): Uint8Array {
    this.put(1, 1).align();
    return Uint8Array.from(this.bytes);
  }
}

/** Two zeros must not be followed by anything below four: 7.4.1.1. */
function escaped(payload: Uint8Array): Uint8Array {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of payload) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(out);
}

const nal = (type: number, payload: Uint8Array): Uint8Array => concat([Uint8Array.of(type), escaped(payload)]);

/** Sides in macroblocks of 16 pixels. */
export interface Frame {
  columns: number;
  rows: number;
}

export interface Color {
  luma: number;
  blue: number;
  red: number;
}

export function sequenceParameters({ columns, rows }: Frame): Uint8Array {
  const bits = new Bits().put(PROFILE_BASELINE, 8).put(0xc0, 8).put(LEVEL_3, 8);
  // Id, 16 frame numbers, pictures shown in the order sent, one reference frame, no gaps.
  bits.golomb(0).golomb(0).golomb(2).golomb(1).put(0, 1);
  // Frames only; no cropping, no VUI.
  bits
    .golomb(columns - 1)
    .golomb(rows - 1)
    .put(1, 1)
    .put(1, 1)
    .put(0, 1)
    .put(0, 1);
  return nal(SPS, bits.end());
}

export function pictureParameters(): Uint8Array {
  const bits = new Bits().golomb(0).golomb(0).put(0, 1).put(0, 1).golomb(0).golomb(0).golomb(0).put(0, 1).put(0, 2);
  // Quantizers as they are; the deblocking filter may be turned off in a slice.
  bits.golomb(0).golomb(0).golomb(0).put(1, 1).put(0, 1).put(0, 1);
  return nal(PPS, bits.end());
}

/** The first macroblock, its slice's type, the parameters, and its number since the key frame. */
const sliceHeader = (type: number, number: number): Bits => new Bits().golomb(0).golomb(type).golomb(0).put(number, 4);

export function keyFrame({ columns, rows }: Frame, colorAt: (column: number, row: number) => Color, index: number): Uint8Array {
  // Neighbouring key frames have different ids; then no marking, the same quantizer, no filter.
  const bits = sliceHeader(I_SLICE, 0)
    .golomb(index % 2)
    .put(0, 2)
    .golomb(0)
    .golomb(1);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const { luma, blue, red } = colorAt(column, row);
      bits.golomb(I_PCM).align();
      bits
        .raw(new Uint8Array(LUMA_BYTES).fill(luma))
        .raw(new Uint8Array(CHROMA_BYTES).fill(blue))
        .raw(new Uint8Array(CHROMA_BYTES).fill(red));
    }
  return nal(KEY_FRAME, bits.end());
}

/** Every macroblock is skipped: the frame before it stays. */
export function repeatedFrame({ columns, rows }: Frame, number: number): Uint8Array {
  const bits = sliceHeader(P_SLICE, number).put(0, 1).put(0, 1).put(0, 1).golomb(0).golomb(1);
  return nal(REPEATED_FRAME, bits.golomb(columns * rows).end());
}
