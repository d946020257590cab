import type { D1Migration } from 'cloudflare:test';
import type { Bindings } from '../../src/env';

declare global {
  namespace Cloudflare {
    interface Env extends Bindings {
      KEY_MAC_SECRET: string;
      ADMIN_TOKEN: string;
      AUTH_SECRET: string;
      TEST_MIGRATIONS: D1Migration[];
    }
  }
}
