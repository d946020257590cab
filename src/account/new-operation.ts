import { monthOf, operationId } from '../core/ids';
import type { OperationRow } from './operation-tables';
import type { AccountRow } from './store';

/** The account's next operation. */
export function newOperation(
  row: AccountRow,
  kind: OperationRow['kind'],
  nonce: string,
  nowMs: number,
  fields: Partial<OperationRow>,
): OperationRow {
  const ref = { nonce, epoch: row.epoch, month: monthOf(nowMs), seq: ++row.seq };
  return {
    ...ref,
    id: operationId(ref),
    kind,
    state: 'settled',
    keyId: null,
    userId: null,
    family: null,
    test: false,
    model: null,
    endpoint: null,
    heldMicro: 0,
    checkpointMicro: 0,
    amountMicro: 0,
    openedAtMs: nowMs,
    deadlineMs: nowMs,
    closedAtMs: null,
    closeEpoch: null,
    closeSeq: null,
    outcome: null,
    detail: {},
    ...fields,
  };
}
