/** The way from an account to D1 and back, on which messages are lost, repeated and reordered. */
import { env } from 'cloudflare:test';
import type { AccountStub } from '../../../src/account/stub';
import type { Acknowledgement, LedgerMessage } from '../../../src/account/types';
import { projectLedger } from '../../../src/jobs/project-ledger';
import type { Random } from './random';
import type { TestAccount } from './support';

const MAX_BATCH = 20;

export class Carrier {
  private messages: LedgerMessage[] = [];
  private acknowledgements: Acknowledgement[] = [];

  constructor(
    private readonly account: TestAccount,
    private readonly random: Random,
    private readonly count: (what: string) => void,
  ) {}

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  /** Takes over what the account has sent. */
  collect(): void {
    this.messages.push(...this.account.queue.take());
  }

  /** Loses everything that is still on its way. */
  forget(): void {
    this.messages = [];
    this.acknowledgements = [];
  }

  /** An acknowledgement that was lost or has already arrived. */
  oldAcknowledgement(): Acknowledgement | undefined {
    return this.acknowledgements[this.random.between(0, this.acknowledgements.length - 1)];
  }

  async carry(loss: number): Promise<void> {
    const arriving = this.arriving(loss);
    while (arriving.length > 0) {
      const batch = arriving.splice(0, this.random.between(1, MAX_BATCH));
      try {
        await projectLedger({ db: env.DB, account: () => this.lossyStub(loss) }, batch);
      } catch {
        this.count('batch tried again');
        this.messages.push(...batch);
      }
    }
  }

  private arriving(loss: number): LedgerMessage[] {
    const arriving: LedgerMessage[] = [];
    const later: LedgerMessage[] = [];
    for (const message of this.random.shuffled(this.messages)) {
      if (this.random.chance(loss)) {
        this.count('message lost');
      } else if (this.random.chance(loss * 2)) {
        this.count('message late');
        later.push(message);
      } else {
        arriving.push(message);
        if (!this.random.chance(loss)) continue;
        this.count('message repeated');
        later.push(message);
      }
    }
    this.messages = later;
    return arriving;
  }

  private lossyStub(loss: number): AccountStub {
    const acknowledge = async (acknowledgement: Acknowledgement): Promise<void> => {
      if (this.random.chance(loss)) {
        this.count('acknowledgement lost');
        this.acknowledgements.push(acknowledgement);
        return;
      }
      if (this.random.chance(loss / 3)) throw new Error('the account was not reached');
      await this.account.stub.acknowledge(acknowledgement);
      if (this.random.chance(loss)) this.acknowledgements.push(acknowledgement);
    };
    return { acknowledge } as AccountStub;
  }
}
