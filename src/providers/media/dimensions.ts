/** Converts between sizes, aspect ratios and size tiers. Pure. */
export interface Sides {
  width: number;
  height: number;
}

const USUAL_RATIOS = ['1:1', '3:2', '2:3', '4:3', '3:4', '5:4', '4:5', '16:9', '9:16', '21:9'];

const TIER_SIDE: Readonly<Record<string, number>> = { '0.5K': 512, '1K': 1_024, '2K': 2_048, '4K': 4_096 };
/** Every picture model takes multiples of 16. */
const STEP = 16;
const FILM_STEP = 2;
const MAX_SIDE = 4_096;

export function readSides(size: string | undefined): Sides | undefined {
  const match = /^(\d{2,5})[x*](\d{2,5})$/i.exec(size ?? '');
  return match ? { width: Number(match[1]), height: Number(match[2]) } : undefined;
}

/** Width divided by height. */
export function readRatio(aspectRatio: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)$/.exec(aspectRatio ?? '');
  const ratio = match ? Number(match[1]) / Number(match[2]) : Number.NaN;
  return Number.isFinite(ratio) && ratio > 0 ? ratio : undefined;
}

/** The offered ratio closest to these sides. */
export function nearestRatio({ width, height }: Sides, offered: readonly string[] = USUAL_RATIOS): string {
  const distance = (ratio: string): number => Math.abs(Math.log((readRatio(ratio) ?? 1) / (width / height)));
  return offered.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
}

/** The tier by which a size is billed. */
export function tierOfSides({ width, height }: Sides): '1K' | '2K' | '4K' {
  const longest = Math.max(width, height);
  return longest > 2_048 ? '4K' : longest > 1_536 ? '2K' : '1K';
}

const stepped = (side: number, step: number): number => Math.max(step, Math.round(side / step) * step);

/** A picture of this ratio with about as many pixels as the tier's square. */
export function sidesOfTier(aspectRatio: string | undefined, tier: string | undefined): Sides {
  const ratio = readRatio(aspectRatio) ?? 1;
  const side = TIER_SIDE[tier ?? '1K'] ?? 1_024;
  const scale = Math.min(1, MAX_SIDE / (side * Math.max(Math.sqrt(ratio), 1 / Math.sqrt(ratio))));
  return { width: stepped(side * Math.sqrt(ratio) * scale, STEP), height: stepped((side / Math.sqrt(ratio)) * scale, STEP) };
}

/** `720p` means the shorter side. */
export function sidesOfFilm(aspectRatio: string | undefined, resolution: string | undefined): Sides {
  const ratio = readRatio(aspectRatio) ?? 16 / 9;
  const shorter = Number(/^(\d{3,4})p$/i.exec(resolution ?? '')?.[1] ?? 720);
  const longer = stepped(shorter * Math.max(ratio, 1 / ratio), FILM_STEP);
  return ratio >= 1 ? { width: longer, height: shorter } : { width: shorter, height: longer };
}

const FILM_LINES = [360, 480, 540, 720, 1_080, 1_440, 2_160];

/** The resolution closest to a film's sides. */
export function linesOfSides({ width, height }: Sides): string {
  const distance = (lines: number): number => Math.abs(Math.min(width, height) - lines);
  return `${FILM_LINES.reduce((best, lines) => (distance(lines) < distance(best) ? lines : best))}p`;
}

/** The same ratio, with no side shorter than this. */
export function atLeast({ width, height }: Sides, minSide: number): Sides {
  const scale = Math.max(1, minSide / Math.min(width, height));
  return scale === 1 ? { width, height } : { width: stepped(width * scale, STEP), height: stepped(height * scale, STEP) };
}

/** Ratios that differ by less than this are the same. */
const SAME_SHAPE = 0.02;

/** The offered size of the same ratio closest to these sides; the sides unchanged where none has their ratio. */
export function nearestSides(sides: Sides, offered: readonly Sides[]): Sides {
  const shape = ({ width, height }: Sides): number => Math.log(width / height);
  const distance = ({ width }: Sides): number => Math.abs(Math.log(width / sides.width));
  const alike = offered.filter((one) => Math.abs(shape(one) - shape(sides)) < SAME_SHAPE);
  return alike.toSorted((a, b) => distance(a) - distance(b))[0] ?? sides;
}

/** The same ratio with at least this many pixels, in multiples of 16. */
export function ofPixels({ width, height }: Sides, minPixels: number): Sides {
  const scale = Math.sqrt(minPixels / (width * height));
  const up = (side: number): number => Math.ceil((side * scale) / STEP) * STEP;
  return scale <= 1 ? { width, height } : { width: up(width), height: up(height) };
}

/** The same ratio within these limits, in multiples of 16. */
export function atMost({ width, height }: Sides, maxPixels: number, maxSide: number): Sides {
  const scale = Math.min(1, maxSide / Math.max(width, height), Math.sqrt(maxPixels / (width * height)));
  if (scale === 1) return { width, height };
  const down = (side: number): number => Math.max(STEP, Math.floor((side * scale) / STEP) * STEP);
  return { width: down(width), height: down(height) };
}
