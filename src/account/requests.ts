import type { MicroCredits } from '../core/money';
import type { Mistaken } from './types';

/** A request that is refused as a mistake is its caller's alone; a step that failed has reset the object, and is everybody's. */
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

/** What is no exact amount is a mistake of the caller's, which must not get as far as the books. */
export function requireExact(...amounts: MicroCredits[]): void {
  for (const amount of amounts) if (!Number.isSafeInteger(amount) || amount < 0) throw new RangeError(`${amount} is no exact amount`);
}
