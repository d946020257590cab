import jsQR from 'jsqr';
import { describe, expect, it } from 'vitest';
import { Qr } from '../../../src/pages/qr';

const SCALE = 4;

/** The drawing as a camera sees it. */
function pixelsOf(svg: string): { pixels: Uint8ClampedArray; side: number; modules: number } {
  const modules = Number(/viewBox="0 0 (\d+) /.exec(svg)![1]);
  const side = modules * SCALE;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = 0; row < SCALE; row++) {
      const from = ((Number(y) * SCALE + row) * side + Number(x) * SCALE) * 4;
      for (let at = from; at < from + Number(width) * SCALE * 4; at++) if (at % 4 !== 3) pixels[at] = 0;
    }
  }
  return { pixels, side, modules };
}

const otpauth = (issuer: string, account: string): string =>
  `otpauth://totp/${encodeURIComponent(`${issuer}:${account}`)}?secret=${'JBSWY3DPEHPK3PXP'.repeat(4).slice(0, 52)}&issuer=${encodeURIComponent(issuer)}&digits=6&period=30`;

describe('a QR code', () => {
  it.each([
    ['a short one', otpauth('Acme', 'a@b.example')],
    ['that of a long name and address', otpauth('A gateway with a rather long name', `${'somebody.'.repeat(6)}@mail.example.com`)],
    ['a name in other letters', otpauth('Ähren & Söhne 網関', 'jörg@example.com')],
  ])('is read back by another reader: %s', (_, text) => {
    const svg = String(Qr({ of: text, label: 'To scan' }));
    const { pixels, side } = pixelsOf(svg);
    expect(jsQR(pixels, side, side)?.data).toBe(text);
  });

  it('has a name, and four light modules around it', () => {
    const svg = String(Qr({ of: 'otpauth://totp/a', label: 'To "scan"' }));
    expect(svg).toContain('role="img" aria-label="To &quot;scan&quot;"');
    const { modules } = pixelsOf(svg);
    for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
      expect(Math.min(Number(x), Number(y))).toBeGreaterThanOrEqual(4);
      expect(Math.max(Number(x) + Number(width), Number(y) + 1)).toBeLessThanOrEqual(modules - 4);
    }
  });
});
