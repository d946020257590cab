/** Serves the SDK for `npm install` from the gateway itself. */
import { fail } from '../core/errors';
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import { renderError } from '../http/render-error';
import type { AccountRoute } from '../routes/account/route';

/** The URL for package managers. It contains the version, so that what a lock file notes stays true. */
export async function sdkUrl(c: AppContext): Promise<string> {
  const { file } = await import('sdk-package');
  return `${accountPlaneDeps(c).origin}/sdk/${file}`;
}

async function serveSdk(c: AppContext): Promise<Response> {
  const { file, base64 } = await import('sdk-package');
  if (c.req.param('file') !== file)
    return renderError(c, fail('not_found', `There is no such file; this gateway has ${await sdkUrl(c)}.`).error);
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return new Response(bytes, {
    headers: { 'content-type': 'application/gzip', 'cache-control': 'public, max-age=3600', 'x-content-type-options': 'nosniff' },
  });
}

export const sdkPackageRoute: AccountRoute = { method: 'GET', path: '/sdk/:file', permission: 'public', handle: serveSdk };
