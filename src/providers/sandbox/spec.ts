import type { ProviderSpec } from '../types';
import { WIRES } from '../wires';
import { sandboxMedia } from './media/adapter';

/** The test mode of the product: it serves test keys, and every model of a local run without provider keys. */
export const sandbox = {
  id: 'sandbox',
  label: 'Sandbox',
  baseUrl: 'https://sandbox.invalid/v1',
  wires: Object.values(WIRES),
  onDisconnect: 'cancel',
  media: sandboxMedia,
  canceledQuery: 'canceled=true',
  // Loaded by the first call that it answers: those to real providers never pay for it.
  serve: async (request) => (await import('./serve')).serve(request),
} satisfies ProviderSpec;
