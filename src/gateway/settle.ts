import type { AccountStub } from '../account/stub';
import type { CloseRequest, SettlementMessage } from '../account/types';

export interface SettleDeps {
  account: (accountId: string) => AccountStub;
  settlements: Pick<Queue<SettlementMessage>, 'send'>;
}

/**
 * Closes a hold, whatever it takes: the account object, the same again, a queue. Should all fail, the hold's lease
 * runs out and the account charges its last checkpoint. Closing is idempotent, so trying again is safe.
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
      // A stub does not outlive a failure of its object: the second try is made with another.
      const result = await (attempt === 0 ? account : deps.account(accountId)).settle(close);
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
