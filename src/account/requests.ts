import type { MicroCredits } from '../core/money';
import type { Mistaken } from './types';

/** Answers a batch. A mistaken request concerns its caller alone; a step that throws has reset the object and fails the whole batch. */
export function answersTo<Request>(requests: string, answer: (request: Request) => unknown): string {
  const each = (request: Request): unknown => {
    try {
      return answer(request);
    } catch (error) {
      if (error instanceof RangeError) return { mistake: error.message } satisfies Mistaken;
      throw error;
    }
  };
  return JSON.stringify((JSON.parse(requests) as Request[]).map(each));
}

/** An amount that is not an exact integer is a bug of the caller, and must not reach the books. */
export function requireExact(...amounts: MicroCredits[]): void {
  for (const amount of amounts) if (!Number.isSafeInteger(amount) || amount < 0) throw new RangeError(`${amount} is no exact amount`);
}
