import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountOf, call, join, organization, type Someone, someone } from '../console/support';

const show = async (path: string, as?: Someone): Promise<string> =>
  (await call('GET', path, { ...(as && { as }), headers: { accept: 'text/html' } })).text;
const setPrices = (accountId: string, factor: number) =>
  call('PUT', `/api/admin/accounts/${accountId}/prices`, { key: env.ADMIN_TOKEN, json: { factor } });

/** The price of input in a model's table. */
const inputOf = (html: string): string | undefined => /<th scope="row">Input<\/th><td class="number">([^<]+)</.exec(html)?.[1];
const PAGES = ['/', '/models', '/models/gpt-5.5', '/pricing', '/playground'];

describe('prices on pages', () => {
  it('are those of the wallet that the page is about, and say so', async () => {
    const [person, { id, accountId }] = [await someone(), await organization('Acme')];
    await join(id, person, 'viewer');
    await setPrices(accountId, 0.8);
    await setPrices(await accountOf(person), 3);
    const list = Number(inputOf(await show('/models/gpt-5.5'))!.slice(1));
    expect(inputOf(await show(`/models/gpt-5.5?org=${id}`, person))).toBe(`$${(list * 0.8).toFixed(2)}`);
    expect(inputOf(await show('/models/gpt-5.5', person))).toBe(`$${(list * 3).toFixed(2)}`);
    for (const path of PAGES) {
      expect(await show(`${path}?org=${id}`, person), path).toMatch(/those of <span class="break">Acme<\/span>: <b>80 %<\/b>/);
      expect(await show(path, person), path).toMatch(/those of <span class="break">your personal wallet<\/span>: <b>300 %<\/b>/);
      expect(await show(path), path).not.toContain('The prices here are those of');
    }
  });

  it('of GPUs say what runs cost a wallet with its own, and lead to a deployment of that wallet', async () => {
    const [person, { id, accountId }] = [await someone(), await organization('Acme')];
    await join(id, person, 'developer');
    await setPrices(accountId, 1.5);
    const note = /Runs cost <span class="break">Acme<\/span> <b>150 %<\/b> of these prices/;
    const chosen = await show(`/gpu-recommend?org=${id}&billions=7`, person);
    expect(chosen).toMatch(note);
    expect(chosen).toContain(`<input type="hidden" name="org" value="${id}"/>`);
    expect(chosen).toMatch(new RegExp(`href="/infra/deployments/new\\?gpu=\\w+&amp;org=${id}"`));
    expect(await show(`/infra/deployments/new?org=${id}`, person)).toMatch(note);
    expect(await show('/infra/deployments/new', person)).not.toContain('of these prices');
  });

  it('are the list’s where the wallet has none of its own', async () => {
    const person = await someone();
    const shown = await show('/models/gpt-5.5', person);
    expect(inputOf(shown)).toBe(inputOf(await show('/models/gpt-5.5')));
    expect(shown).not.toContain('The prices here are those of');
  });

  it('tell of larger pictures, which cost more', async () => {
    const rows = [
      ...(await show('/models/gpt-image-2')).matchAll(/<th scope="row">(Each image, \dK)[^<]*<\/th><td class="number">([^<]+)</g),
    ];
    expect(rows.map(([, what, price]) => [what, price])).toEqual([
      ['Each image, 1K', '$0.03'],
      ['Each image, 2K', '$0.06'],
      ['Each image, 4K', '$0.12'],
    ]);
  });
});
