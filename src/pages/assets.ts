/** Styles and scripts. Each has its content's hash in its name, so that browsers can keep it for ever. */
import { fail } from '../core/errors';
import { sha256Hex } from '../core/hex';
import type { AppContext } from '../http/context';
import { renderError } from '../http/render-error';
import files from './browser/files.client.js' with { type: 'text' };
import forms from './browser/forms.client.js' with { type: 'text' };
import passkey from './browser/passkey.client.js' with { type: 'text' };
import playground from './browser/playground.client.js' with { type: 'text' };
import shell from './browser/shell.client.js' with { type: 'text' };
import turns from './browser/turns.client.js' with { type: 'text' };
import { STYLES } from './styles';

/** The mark of frame.tsx on the accent colour, so that it shows on any tab bar. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5f4a"/><path d="M6 9h5c4.5 0 4.5 7 9 7h6M6 16h20M6 23h5c4.5 0 4.5-7 9-7" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>`;

const ASSETS = {
  styles: { text: STYLES, extension: 'css', type: 'text/css' },
  icon: { text: ICON, extension: 'svg', type: 'image/svg+xml' },
  shell: { text: shell, extension: 'js', type: 'text/javascript' },
  forms: { text: forms, extension: 'js', type: 'text/javascript' },
  passkey: { text: passkey, extension: 'js', type: 'text/javascript' },
  files: { text: files, extension: 'js', type: 'text/javascript' },
  playground: { text: playground, extension: 'js', type: 'text/javascript' },
  turns: { text: turns, extension: 'js', type: 'text/javascript' },
} as const;

export type AssetName = keyof typeof ASSETS;
export type ScriptName = Exclude<AssetName, 'styles' | 'icon'>;

const paths = new Map<AssetName, Promise<string>>();

const IMPORTED = /'\.\/(\w+)\.client\.js'/g;

/** Imports between scripts are rewritten to the hashed names. */
async function textOf(name: AssetName): Promise<string> {
  const { text } = ASSETS[name];
  const imported = [...text.matchAll(IMPORTED)];
  const known = await Promise.all(imported.map(async ([whole, one]) => [whole, await assetPath(one as ScriptName)] as const));
  return known.reduce((linked, [whole, path]) => linked.replaceAll(whole, `'${path}'`), text as string);
}

export function assetPath(name: AssetName): Promise<string> {
  const { extension } = ASSETS[name];
  const path =
    paths.get(name) ??
    textOf(name)
      .then(sha256Hex)
      .then((hash) => `/assets/${name}-${hash.slice(0, 12)}.${extension}`);
  paths.set(name, path);
  return path;
}

/** A name from an earlier release gets the current file, and is cached no longer than the page that asked for it. */
export async function serveAsset(c: AppContext): Promise<Response> {
  const name = (c.req.param('file') ?? '').split('-')[0] as AssetName;
  const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
  if (!asset) return renderError(c, fail('not_found', 'There is no such file.').error);
  const current = (await assetPath(name)) === c.req.path;
  return new Response(await textOf(name), {
    headers: {
      'content-type': `${asset.type}; charset=utf-8`,
      'cache-control': current ? 'public, max-age=31536000, immutable' : 'no-store',
      'x-content-type-options': 'nosniff',
    },
  });
}
