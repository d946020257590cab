/** A new wallet is empty, and the first call of a live key would say so with a refusal: its owner is told before. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { availableMicro } from '../core/money';
import { orgQuery } from './shell';

/** Pages work without the balance; a wallet that cannot be read is not called empty. */
export async function isEmptyWallet({ account, accountId }: VerbContext): Promise<boolean> {
  const view = await account(accountId)
    .view()
    .catch(() => undefined);
  return view ? availableMicro(view) <= 0 : false;
}

export const TopUpFirst: FC<{ context: VerbContext }> = ({ context }) => (
  <p class="notice">
    This wallet is empty, so a live key’s calls are refused.{' '}
    {context.permissions.has('billing.read') && (
      <>
        <a href={`/settings/billing${orgQuery(context)}`}>Top it up</a> first.{' '}
      </>
    )}
    A test key calls the sandbox, free of charge.
  </p>
);
