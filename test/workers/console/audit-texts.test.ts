import { describe, expect, it } from 'vitest';
import { call, must, someone } from './support';

describe('the audit log of somebody with odd texts', () => {
  it.each([
    ['half a character', 'half \ud83d'],
    ['a zero byte', 'zero \u0000 byte'],
    ['a character beyond the first plane', 'whole 😀'],
  ])('holds where a key with %s in its name has made a change', async (_what, name) => {
    const person = await someone();
    const { key } = await must('POST', '/api/api-keys', { as: person, json: { name, scopes: ['keys.write'] } });
    await must('POST', '/api/api-keys', { key, json: { name: 'made by it' } });
    expect(await must('GET', '/api/audit/verify', { as: person })).toMatchObject({ intact: true });
  });

  it('holds where a browser has so long a name that it is cut', async () => {
    const person = await someone();
    await call('POST', '/api/api-keys', { as: person, json: { name: 'x' }, headers: { 'user-agent': `${'a'.repeat(299)}😀` } });
    expect(await must('GET', '/api/audit/verify', { as: person })).toMatchObject({ intact: true });
  });
});
