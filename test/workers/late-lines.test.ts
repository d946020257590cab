import { expect, it } from 'vitest';

it('a line goes to the runtime alone: a file would not end that owes one to the runner', () => {
  expect(console).toBe((globalThis as { __console?: Console }).__console);
});
