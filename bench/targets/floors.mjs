// The floors: floors/floor.js in one of its modes, which are described there.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { project } from './project.mjs';
import { startWorkerd } from './workerd.mjs';

export const FLOOR = fileURLToPath(new URL('../floors/floor.js', import.meta.url));

export const floorVars = (mode, { mockUrl, mockKey }) => ({ MODE: mode, UPSTREAM: mockUrl, UPSTREAM_KEY: mockKey });

export const floor = (mode) => ({
  async start(ctx) {
    const target = await startWorkerd(ctx, {
      worker: {
        name: 'floor',
        modules: [{ type: 'ESModule', path: 'floor.js', contents: readFileSync(FLOOR, 'utf8') }],
        compatibilityDate: (await project()).settings.compatibility_date,
        bindings: floorVars(mode, ctx),
        durableObjects: { ACCOUNT: { className: 'Account', useSQLite: true } },
      },
    });
    return {
      ...target,
      headers: ['authorization: Bearer sk-user-0'],
      callers: async (count) => Array.from({ length: count }, (_, i) => `authorization: Bearer sk-user-${i}`),
    };
  },
});
