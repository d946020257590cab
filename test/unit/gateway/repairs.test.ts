import { describe, expect, it } from 'vitest';
import type { Bridge } from '../../../src/dialects/types';
import type { PlannedTarget } from '../../../src/gateway/plan';
import { Repairs } from '../../../src/gateway/repairs';

const NAME_REFUSED = "Invalid 'tools[0].function.name': string does not match pattern.";

/** A call with one tool, of which can be left out what is refused: each word once. */
const bridgeOf = (words: string): Bridge =>
  ({
    request: () => ({ body: JSON.stringify({ tools: [{ name: 'a.b', words }] }) }),
    repaired: (message: string) => (words.includes(message) ? bridgeOf(words.replace(message, '')) : undefined),
  }) as unknown as Bridge;

const targetOf = (words: string) => ({ model: 'm', bridge: bridgeOf(words) }) as PlannedTarget;

/** What is sent to a target. */
function sentOf(repairs: Repairs, target: PlannedTarget): string {
  const { bridge, names } = repairs.of(target);
  const { body } = bridge.request({ model: target.model, moved: false });
  return names?.shortened(body) ?? body;
}

describe('a call that its target refuses', () => {
  it('is mended three times, each after what was mended before, and not for the other targets', () => {
    const repairs = new Repairs();
    const [target, other] = [targetOf('one two three four'), targetOf('one')];
    for (const word of ['one', 'two', 'three']) expect(repairs.mend(target, word)).toBe(true);
    expect(repairs.mend(target, 'four')).toBe(false);
    expect([sentOf(repairs, target), sentOf(repairs, other)]).toEqual([
      expect.stringContaining('"   four"'),
      expect.stringContaining('"one"'),
    ]);
    repairs.clear();
    expect(repairs.mend(target, 'four')).toBe(true);
  });

  it('is not mended where nothing can be left out, nor twice for the same refusal', () => {
    const repairs = new Repairs();
    const target = targetOf('one one');
    expect(repairs.mend(target, 'two')).toBe(false);
    expect([repairs.mend(target, 'one'), repairs.mend(target, 'one')]).toEqual([true, false]);
  });

  it.each([
    ['before', ['one', NAME_REFUSED]],
    ['after', [NAME_REFUSED, 'one']],
  ])('keeps what else was mended %s its tools got other names', (_when, refusals) => {
    const repairs = new Repairs();
    const target = targetOf('one');
    for (const refusal of refusals) expect(repairs.mend(target, refusal)).toBe(true);
    const sent = JSON.parse(sentOf(repairs, target));
    expect(sent).toEqual({ tools: [{ name: expect.stringMatching(/^a_b_\w+$/), words: '' }] });
    expect(repairs.mend(target, `${NAME_REFUSED} Still.`)).toBe(false);
  });
});
