/**
 * A text as a QR code (ISO/IEC 18004). Drawn on the server, since the content policy allows no foreign pictures and no
 * script should be needed.
 */
import type { FC } from 'hono/jsx';
import { encodeQR } from 'qr';

/** Section 6.3.8: four light modules around the symbol. */
const QUIET_MODULES = 4;

/** The dark modules as rectangles, with neighbours in a row joined so that no seams show. */
function darkPath(modules: readonly boolean[][]): string {
  const runs: string[] = [];
  modules.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const from = x;
      while (row[x]) x++;
      if (x > from) runs.push(`M${from} ${y}h${x - from}v1h${from - x}z`);
    }
  });
  return runs.join('');
}

/** Dark on light in dark mode too, since not every reader accepts the inverse. */
export const Qr: FC<{ of: string; label: string }> = ({ of, label }) => {
  const modules = encodeQR(of, 'raw', { ecc: 'medium', border: QUIET_MODULES });
  const size = modules.length;
  return (
    <svg class="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={darkPath(modules)} fill="#000" />
    </svg>
  );
};
