// What the object of a conversation keeps, and who may change it when.
import { env, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { ConversationLog, KEPT_MS, TEST_KEPT_MS } from '../../../src/conversations/log';
import type { Item } from '../../../src/conversations/types';
import { HOUR_MS } from '../../../src/core/time';
import { countRows } from '../count-rows';

const FIRST = 'req_0123456789abc-1-4cc3-1';
const SECOND = 'req_0123456789abc-1-4cc3-2';
const START_MS = Date.UTC(2031, 0, 14, 12);

let objects = 0;
const fresh = () => env.CONVERSATION.getByName(`conversation-test-${objects++}`);

const item = (id: string, text = `"${id}"`): Item => ({ id, text });

const begun = (items: readonly Item[], isTest = false) => ({ metadata: { topic: 'rain' }, items, isTest });

/** A conversation with these items, from inside its object. */
const inside = <T>(work: (log: ConversationLog, state: DurableObjectState) => T | Promise<T>, ids: readonly string[] = ['a', 'b']) =>
  runInDurableObject(fresh(), (_, state) => {
    const log = new ConversationLog(state.storage, () => START_MS);
    log.create(begun(ids.map((id) => item(id))));
    return work(log, state);
  });

const taking = (log: ConversationLog, holdId: string, ids: readonly string[], insteadOf?: string) =>
  log.take({ holdId, version: log.transcript()!.version, items: ids.map((id) => item(id)), insteadOf });
const idsOf = (log: ConversationLog): string[] => {
  const page = log.page({ after: undefined, limit: 100, order: 'asc' });
  return 'items' in page ? page.items.map(({ id }) => id) : [];
};

describe('a call in a conversation', () => {
  it('adds what it said and was answered in one step, and once', () =>
    inside((log) => {
      expect(taking(log, FIRST, ['asked']).refused).toBeUndefined();
      expect([idsOf(log), log.item('asked')]).toEqual([['a', 'b'], undefined]);
      for (let times = 0; times < 2; times++) expect(log.finish({ holdId: FIRST, items: [item('said')] }).refused).toBeUndefined();
      expect(idsOf(log)).toEqual(['a', 'b', 'asked', 'said']);
      expect(log.transcript()).toMatchObject({ texts: ['"a"', '"b"', '"asked"', '"said"'], takenBy: undefined });
    }));

  it('keeps all others from changing it, and is not disturbed by taking it twice', () =>
    inside((log) => {
      for (let times = 0; times < 2; times++) expect(taking(log, FIRST, ['asked']).refused).toBeUndefined();
      const taken = { refused: 'taken', by: FIRST };
      expect(taking(log, SECOND, ['other'])).toEqual(taken);
      expect(log.add({ items: [item('c')] })).toEqual(taken);
      expect(log.removeItem({ id: 'a' })).toEqual(taken);
      expect(log.finish({ holdId: SECOND, items: [] })).toEqual(taken);
      expect(log.setMetadata({ topic: 'sun' })).toMatchObject({ metadata: { topic: 'sun' } });
      expect(log.view()).toEqual({ createdAtMs: START_MS, metadata: { topic: 'sun' } });
      log.finish({ holdId: FIRST, items: [item('said')] });
      expect(idsOf(log)).toEqual(['a', 'b', 'asked', 'said']);
    }));

  it('adds an answer that comes in parts in one step as well, each part once, under ids of their own', () =>
    inside((log) => {
      taking(log, FIRST, ['asked']);
      for (let times = 0; times < 2; times++)
        for (const [after, id] of ['said', 'a'].entries())
          expect(log.finishPart({ holdId: FIRST, items: [item(id)], after }).refused).toBeUndefined();
      expect(log.finishPart({ holdId: SECOND, items: [], after: 0 })).toEqual({ refused: 'taken', by: FIRST });
      expect(idsOf(log)).toEqual(['a', 'b']);
      for (let times = 0; times < 2; times++) log.finish({ holdId: FIRST, items: [item('end')] });
      expect(idsOf(log)).toEqual(['a', 'b', 'asked', 'said', 'a_4', 'end']);
      expect(log.finishPart({ holdId: FIRST, items: [], after: 0 })).toEqual({ refused: 'changed' });
    }));

  it('leaves nothing of an answer of which only a part came', () =>
    inside((log) => {
      taking(log, FIRST, ['asked']);
      log.finishPart({ holdId: FIRST, items: [item('said')], after: 0 });
      log.giveBack(FIRST);
      taking(log, SECOND, []);
      log.finish({ holdId: SECOND, items: [item('end')] });
      expect(idsOf(log)).toEqual(['a', 'b', 'end']);
    }));

  it('that came to nothing leaves nothing, and comes too late once another has it', () =>
    inside((log) => {
      taking(log, FIRST, ['lost', 'lost too']);
      expect(taking(log, SECOND, ['asked'], FIRST).refused).toBeUndefined();
      expect(log.finish({ holdId: FIRST, items: [item('late')] })).toEqual({ refused: 'taken', by: SECOND });
      log.finish({ holdId: SECOND, items: [item('said')] });
      expect(log.finish({ holdId: FIRST, items: [item('late')] })).toEqual({ refused: 'changed' });
      expect(idsOf(log)).toEqual(['a', 'b', 'asked', 'said']);
    }));

  it('gives it back, and leaves nothing, as soon as it is known that nothing will come, and takes it from nobody', () =>
    inside((log, { storage }) => {
      taking(log, FIRST, ['lost']);
      log.giveBack(SECOND);
      expect(log.transcript()!.takenBy).toBe(FIRST);
      log.giveBack(FIRST);
      expect(storage.sql.exec('SELECT id FROM item').toArray()).toEqual([{ id: 'a' }, { id: 'b' }]);
      expect(taking(log, SECOND, ['asked']).refused).toBeUndefined();
      expect(log.finish({ holdId: FIRST, items: [item('late')] })).toEqual({ refused: 'taken', by: SECOND });
      log.giveBack(FIRST);
      log.finish({ holdId: SECOND, items: [item('said')] });
      expect(idsOf(log)).toEqual(['a', 'b', 'asked', 'said']);
    }));

  it('loses it to a client who adds to it after the call came to nothing', () =>
    inside((log) => {
      taking(log, FIRST, ['lost']);
      expect(log.add({ items: [item('c')], insteadOf: FIRST }).refused).toBeUndefined();
      expect(log.finish({ holdId: FIRST, items: [item('late')] })).toEqual({ refused: 'changed' });
      expect(idsOf(log)).toEqual(['a', 'b', 'c']);
    }));

  it('does not go on from what is no longer all that was said', () =>
    inside((log) => {
      const { version } = log.transcript()!;
      log.removeItem({ id: 'a' });
      expect(log.take({ holdId: FIRST, version, items: [] })).toEqual({ refused: 'changed' });
    }));

  it('may be answered under ids that were there before, or under the same ones', () =>
    inside((log) => {
      taking(log, FIRST, ['asked']);
      expect(log.finish({ holdId: FIRST, items: [item('a', '{"id":"a"}'), item('c'), item('c')] }).refused).toBeUndefined();
      expect(idsOf(log)).toEqual(['a', 'b', 'asked', 'a_3', 'c', 'c_5']);
    }));
});

it('a turn costs a row for each item, and two more', () =>
  inside((log, state) => {
    const written = countRows(state);
    taking(log, FIRST, ['asked']);
    log.finish({ holdId: FIRST, items: [item('said')] });
    expect(written()).toBe(4);
    log.transcript();
    log.page({ after: undefined, limit: 20, order: 'desc' });
    expect(written()).toBe(0);
  }));

describe('the items of a conversation', () => {
  it('keep their order when one is taken out of the middle, and their places in pages', () =>
    inside(
      (log) => {
        expect(log.removeItem({ id: 'b' }).refused).toBeUndefined();
        log.add({ items: [item('d'), item('e')] });
        expect(idsOf(log)).toEqual(['a', 'c', 'd', 'e']);
        const page = (after: string | undefined, order: 'asc' | 'desc', limit = 2) => log.page({ after, limit, order });
        expect(page('a', 'asc')).toMatchObject({ items: [{ id: 'c' }, { id: 'd' }], hasMore: true });
        expect(page('d', 'asc')).toMatchObject({ items: [{ id: 'e' }], hasMore: false });
        expect(page(undefined, 'desc')).toMatchObject({ items: [{ id: 'e' }, { id: 'd' }], hasMore: true });
        expect(page('d', 'desc')).toMatchObject({ items: [{ id: 'c' }, { id: 'a' }], hasMore: false });
        expect(log.removeItem({ id: 'b' })).toEqual({ refused: 'unknown' });
        expect(log.item('b')).toBeUndefined();
        log.removeItem({ id: 'a' });
        expect(log.transcript()!.texts).toEqual(['"c"', '"d"', '"e"']);
      },
      ['a', 'b', 'c'],
    ));

  it('are found where they are now when one comes again that was taken out, and where it was last when it goes again', () =>
    inside((log) => {
      const afterA = () => log.page({ after: 'a', limit: 2, order: 'asc' });
      for (const next of ['c', 'd']) {
        log.removeItem({ id: 'a' });
        log.add({ items: [item('a'), item(next)] });
        expect(afterA()).toMatchObject({ items: [{ id: next }], hasMore: false });
      }
      log.removeItem({ id: 'a' });
      expect(afterA()).toMatchObject({ items: [{ id: 'd' }], hasMore: false });
    }));

  it('are all found by a client that takes each out before it asks for the next page', () =>
    inside(
      (log) => {
        for (const order of ['asc', 'desc'] as const) {
          const found: string[] = [];
          for (let after: string | undefined, more = true; more; ) {
            const page = log.page({ after, limit: 2, order });
            if ('refused' in page) throw new Error(page.refused);
            for (const { id } of page.items) {
              log.removeItem({ id });
              found.push(id);
              after = id;
            }
            more = page.hasMore;
          }
          expect(found).toEqual(order === 'asc' ? ['a', 'b', 'c', 'd', 'e'] : ['d', 'a']);
          log.add({ items: [item('a'), item('d')] });
        }
        expect(log.page({ after: 'a', limit: 2, order: 'asc' })).toMatchObject({ items: [{ id: 'd' }], hasMore: false });
        expect(log.page({ after: 'never', limit: 2, order: 'asc' })).toEqual({ refused: 'unknown' });
      },
      ['a', 'b', 'c', 'd', 'e'],
    ));

  it('may be larger than a row, whatever they are written in', () =>
    inside((log) => {
      const long = JSON.stringify('😀'.repeat(700_000));
      log.add({ items: [item('long', long), item('c')] });
      expect(log.transcript()!.texts.slice(2)).toEqual([long, '"c"']);
      expect(log.item('long')!.text).toBe(long);
      log.removeItem({ id: 'long' });
      expect(log.transcript()!.texts).toEqual(['"a"', '"b"', '"c"']);
    }));

  it('are no more, and no larger, than can be in memory at once', () =>
    inside((log) => {
      const large = 'x'.repeat(8_388_608 - '"a""b""d"'.length);
      expect(log.add({ items: [item('large', large)] }).refused).toBeUndefined();
      expect(log.add({ items: [item('c', '"c"..')] })).toEqual({ refused: 'full' });
      expect(log.page({ after: 'b', limit: 2, order: 'asc' })).toMatchObject({ hasMore: false });
      expect(log.add({ items: [item('d')] }).refused).toBeUndefined();
      expect(log.transcript()!.texts).toHaveLength(4);
      expect(log.page({ after: 'b', limit: 2, order: 'asc' })).toMatchObject({ items: [{ id: 'large' }], hasMore: true });
      log.removeItem({ id: 'large' });
      taking(log, FIRST, ['asked']);
      log.finish({ holdId: FIRST, items: [item('said')] });
      const more = (length: number) => ({ items: Array.from({ length }, (_, index) => item(`i${index}`)) });
      expect(log.add(more(4_996))).toEqual({ refused: 'full' });
      expect(log.add(more(4_995)).refused).toBeUndefined();
    }));

  it('are not sent to be gone on from once an answer was more, until some are taken out', () =>
    inside((log) => {
      taking(log, FIRST, ['asked']);
      log.finish({ holdId: FIRST, items: [item('large', 'x'.repeat(8_388_608))] });
      expect(log.transcript()).toEqual({ texts: [], version: 2, takenBy: undefined, isFull: true });
      log.removeItem({ id: 'large' });
      expect(log.transcript()).toEqual({ texts: ['"a"', '"b"', '"asked"'], version: 3, takenBy: undefined });
    }));

  it('count with all that a call said and was answered in parts', () =>
    inside((log) => {
      const third = 'x'.repeat(3_000_000);
      log.take({ holdId: FIRST, version: 1, items: [item('asked', third)] });
      log.finishPart({ holdId: FIRST, items: [item('said', third)], after: 0 });
      log.finish({ holdId: FIRST, items: [item('more', third)] });
      expect(log.transcript()).toMatchObject({ isFull: true });
    }));

  it('have ids of their own', () =>
    inside((log) => {
      expect(log.add({ items: [item('c'), item('c')] })).toEqual({ refused: 'duplicate', id: 'c' });
      expect(log.add({ items: [item('c'), item('a')] })).toEqual({ refused: 'duplicate', id: 'a' });
      expect(taking(log, FIRST, ['a'])).toEqual({ refused: 'duplicate', id: 'a' });
      expect(idsOf(log)).toEqual(['a', 'b']);
    }));
});

describe('the object of a conversation', () => {
  it('that never was, or is deleted, has nothing and makes nothing', async () => {
    const stub = fresh();
    const gone = { refused: 'gone' };
    const expectNothing = async () => {
      const answers = [await stub.view(), await stub.transcript(), await stub.setMetadata({}), await stub.item('a'), await stub.remove()];
      expect(answers).toEqual([undefined, undefined, undefined, undefined, false]);
      expect(await stub.giveBack(FIRST)).toBeUndefined();
      expect(await stub.removeItem({ id: 'a' })).toEqual(gone);
      expect(await stub.add({ items: [item('a')] })).toEqual(gone);
      expect(await stub.take({ holdId: FIRST, version: 0, items: [] })).toEqual(gone);
      expect(await stub.finish({ holdId: FIRST, items: [] })).toEqual(gone);
      expect(await stub.page({ after: undefined, limit: 1, order: 'asc' })).toEqual(gone);
      const tables = "SELECT 1 FROM sqlite_master WHERE name IN ('head', 'item')";
      await runInDurableObject(stub, (_, { storage }) => expect(storage.sql.exec(tables).toArray()).toEqual([]));
    };
    expect(await stub.create(begun([item('a'), item('a')]))).toEqual({ refused: 'duplicate', id: 'a' });
    await expectNothing();
    await stub.create(begun([item('a')]));
    expect(await stub.remove()).toBe(true);
    await expectNothing();
  });

  it('remembers what it had when it wakes', async () => {
    const stub = fresh();
    await stub.create(begun([item('a')]));
    await stub.take({ holdId: FIRST, version: 1, items: [item('asked')] });
    await evictDurableObject(stub);
    expect(await stub.transcript()).toEqual({ texts: ['"a"'], version: 1, takenBy: FIRST });
    await stub.finish({ holdId: FIRST, items: [item('said')] });
    expect((await stub.transcript())!.texts).toEqual(['"a"', '"asked"', '"said"']);
  });

  it.each([
    ['a month', false, KEPT_MS],
    ['a day, if a test key has made it', true, TEST_KEPT_MS],
  ])('keeps it until it has not changed for %s', (_, isTest, keptMs) =>
    runInDurableObject(fresh(), async (_, { storage }) => {
      let nowMs = START_MS;
      const log = new ConversationLog(storage, () => nowMs);
      log.create(begun([], isTest));
      expect(await storage.getAlarm()).toBe(START_MS + keptMs);
      nowMs += keptMs - 1;
      log.add({ items: [item('a')] });
      nowMs += 1;
      await log.expire();
      expect(await storage.getAlarm()).toBe(START_MS + 2 * keptMs - 1);
      nowMs += keptMs - 1;
      for (let times = 0; times < 2; times++) await log.expire();
      expect(log.view()).toBeUndefined();
    }),
  );

  it('has its alarm again where the runtime gave it up, as soon as anybody asks for it', async () => {
    const stub = fresh();
    await stub.create(begun([item('a')]));
    const alarm = (work: (storage: DurableObjectStorage) => Promise<unknown>) =>
      runInDurableObject(stub, (_, { storage }) => work(storage));
    const atMs = await alarm((storage) => storage.getAlarm());
    await alarm((storage) => storage.deleteAlarm());
    await evictDurableObject(stub);
    await stub.view();
    expect(await alarm((storage) => storage.getAlarm())).toBeGreaterThanOrEqual(Number(atMs));
  });

  it('is emptied later where it cannot be now', () =>
    runInDurableObject(fresh(), async (_, { storage }) => {
      const logged = vi.spyOn(console, 'error').mockReturnValue();
      let nowMs = START_MS;
      const emptied = vi.spyOn(storage, 'deleteAll').mockRejectedValueOnce(new Error('the storage is not there'));
      const log = new ConversationLog(storage, () => nowMs);
      log.create(begun([item('a')]));
      nowMs += KEPT_MS;
      await log.expire();
      expect(await storage.getAlarm()).toBe(nowMs + HOUR_MS);
      expect(log.view()).toBeDefined();
      await log.expire();
      expect(log.view()).toBeUndefined();
      emptied.mockRestore();
      logged.mockRestore();
    }));
});
