import type { VerbContext } from '../context';
import { type KeyView, listKeys } from './internal';

/** Newest first, revoked keys included. */
export async function listApiKeys(context: VerbContext): Promise<{ keys: KeyView[] }> {
  const { keys } = await listKeys(context, context.accountId);
  return { keys: keys.sort((a, b) => b.createdAt.localeCompare(a.createdAt)) };
}
