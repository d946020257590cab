import { AccessDeniedError, NotFoundError } from 'hypereal-sdk';
import { CommandError } from './context.js';
import { EXIT } from './output.js';

/** The account's own paths are beside the API, and not on every gateway. */
export async function ofAccount<T>(what: string, asked: PromiseLike<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NotFoundError && (typeof error.body === 'string' || error.message.includes('There is nothing at')))
      throw new CommandError(`This gateway does not offer ${what} to API keys; see its web pages.`);
    if (error instanceof AccessDeniedError) throw new CommandError(error.message, EXIT.key);
    throw error;
  }
}
