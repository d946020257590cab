import { describe, expect, it } from 'vitest';
import { toldOf } from '../../../src/core/passing';

const thrown = (message: string, more: object = {}): Error => Object.assign(new Error(message), more);

describe('whoever asked', () => {
  it.each([
    [2, thrown('D1_ERROR: Network connection lost.')],
    [2, thrown('D1_ERROR: Internal error in D1 DB storage caused object to be reset.')],
    [2, thrown('D1_ERROR: D1 DB reset because its code was updated.')],
    [2, thrown('D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.')],
    [2, thrown('internal error; reference = 4k2', { retryable: true })],
    [10, thrown('Too many requests.', { overloaded: true })],
    [10, thrown('D1_ERROR: D1 DB is overloaded. Too many requests queued.')],
  ])('is told to try again in %d s where the platform was away: %s', (retryAfterSeconds, error) => {
    expect(toldOf(error, 'GET')).toMatchObject({ kind: 'unavailable', retryAfterSeconds, message: expect.stringMatching(/: try again/) });
  });

  it('of a change is told to look first, since nobody knows whether it was made', () => {
    expect(toldOf(thrown('Network connection lost.'), 'POST').message).toContain('look whether it was done');
  });

  it.each([thrown('x is not a function'), thrown('D1_ERROR: no such column: z'), thrown('away', { retryable: false, remote: true })])(
    'is told to report a bug: %s',
    (error) => {
      expect(toldOf(error, 'GET')).toMatchObject({ kind: 'internal', message: expect.stringContaining('request id') });
    },
  );
});
