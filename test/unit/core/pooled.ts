import { PooledBytes } from '../../../src/core/pooled-bytes';

/** A text in pooled memory; undefined where it needs more than `mostBytes`. */
export const pooled = (text: string, mostBytes = 3 * text.length): PooledBytes | undefined =>
  PooledBytes.filled(mostBytes, (room) => {
    const { read, written } = new TextEncoder().encodeInto(text, room);
    return read === text.length ? written : undefined;
  });
