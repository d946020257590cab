/** A text as a QR code (ISO/IEC 18004), drawn on the server: the policy allows no picture of another origin, and no script is needed. */
import type { FC } from 'hono/jsx';
import { encodeQR } from 'qr';

/** Section 6.3.8: a camera tells the symbol from the page by four light modules around it. */
const QUIET_MODULES = 4;

/** The dark modules as rectangles, a row's neighbours in one, so that no renderer shows seams between them. */
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

/** Dark on light in a dark page too, since not every reader takes the opposite. */
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
