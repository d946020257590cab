import type { BackgroundMessage } from '../account/types';
import type { ConversationRef, ConversationStub } from '../conversations/stub';
import type { KeyReader } from '../core/api-key';
import type { Deadlines } from '../core/deadlines';
import type { Health } from '../core/health';
import type { Settings } from '../env';
import type { Registry } from '../providers/registry';
import type { SettleDeps } from './settle';

/** What the data plane works with; tests pass fakes. */
export interface GatewayDeps extends SettleDeps {
  settings: Settings;
  registry: Registry;
  keys: KeyReader;
  health: Health;
  files: Pick<R2Bucket, 'get' | 'head' | 'put' | 'delete'>;
  conversation: (ref: ConversationRef) => ConversationStub;
  background: Pick<Queue<BackgroundMessage>, 'send'>;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  hourlyLimits: Readonly<Record<string, number>>;
  now: () => number;
  /** Of this request alone. */
  deadlines: Deadlines;
  /** Keeps work going after the answer was sent, or its client left. */
  waitUntil: (work: Promise<unknown>) => void;
}
