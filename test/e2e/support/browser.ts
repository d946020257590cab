/**
 * A real browser, if there is one: Debian's chromium, or the one at CHROMIUM_PATH. Its headless build uses a fifth less
 * CPU for the same pages.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const PATHS = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

export const chromiumPath = PATHS.find((path) => path !== undefined && existsSync(path));

if (!chromiumPath) console.warn('No chromium is installed: the tests in a browser are skipped. CHROMIUM_PATH may name one.');

export const launch = (): Promise<Browser> =>
  // Containers run as root and have a small /dev/shm; the pages are our own.
  chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });

export const SIZES = [
  { name: 'desktop', viewport: { width: 1280, height: 900 } },
  { name: 'phone', viewport: { width: 390, height: 844 } },
] as const;

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary?: string }[];
}

/** Rules that depend on colours alone. */
export const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** Rules that depend on the width of the window: sizes, scrolling, and names that only a narrow one shows. */
export const LAYOUT_RULES = [
  ...['target-size', 'scrollable-region-focusable', 'meta-viewport'],
  ...['button-name', 'link-name', 'summary-name', 'label', 'select-name', 'aria-hidden-focus'],
];

/** What axe finds by these rules, or by all. The debugger injects it, since the pages' policy would block its script. */
export async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  const { readFileSync } = await import('node:fs');
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(readFileSync(AXE, 'utf8'));
  // Passes are reported with one place only: naming all of them takes longer than checking.
  const options = JSON.stringify({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
  const found = (await page.evaluate(`axe.run(${options}).then(({ violations }) => violations)`)) as Violation[];
  return found.map(
    ({ id, impact, nodes }) =>
      `${impact} ${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary})`).join('; ')}`,
  );
}

/** Writes a screenshot into the folder that SCREENSHOTS names, if it does. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** A context whose pages must neither violate the policy nor throw. */
export async function strict(context: BrowserContext): Promise<string[]> {
  const complaints: string[] = [];
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy/.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`);
    });
  });
  return complaints;
}
