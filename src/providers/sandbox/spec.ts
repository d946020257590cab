import type { ProviderSpec } from '../types';
import { WIRES } from '../wires';
import { sandboxMedia } from './media/adapter';
import { serve } from './serve';

/** The test mode of the product: it serves test keys, and every model of a local run without provider keys. */
export const sandbox = {
  id: 'sandbox',
  label: 'Sandbox',
  baseUrl: 'https://sandbox.invalid/v1',
  wires: Object.values(WIRES),
  onDisconnect: 'cancel',
  media: sandboxMedia,
  serve,
} satisfies ProviderSpec;
