import type { AccountStub } from '../account/stub';
import type { CloseRequest, SettlementMessage } from '../account/types';

export interface SettleDeps {
  account: (accountId: string) => AccountStub;
  settlements: Pick<Queue<SettlementMessage>, 'send'>;
}

/**
 * Closes a hold, whatever it takes: by the account object, by a second try, by a queue. Should all fail, the hold's
 * lease expires and the account charges the last checkpoint. Closing is idempotent, so trying again is safe.
 *
 * @param account The stub that the hold was admitted with.
 */
export async function settle(
  deps: SettleDeps,
  accountId: string,
  account: Pick<AccountStub, 'settle'>,
  close: CloseRequest,
): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      // A stub is useless once its object has failed, so the second try makes another.
      const result = await (attempt === 0 ? account : deps.account(accountId)).settle(close);
      if (!result.ok && result.reason === 'undecided') break;
      if (!result.ok) console.error('settlement refused', JSON.stringify({ holdId: close.holdId, reason: result.reason }));
      return;
    } catch (error) {
      console.error('settlement failed', JSON.stringify({ holdId: close.holdId, error: String(error) }));
    }
  }
  try {
    await deps.settlements.send({ accountId, close });
  } catch (error) {
    console.error('settlement left to its lease', JSON.stringify({ holdId: close.holdId, error: String(error) }));
  }
}
