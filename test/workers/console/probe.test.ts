import { env } from 'cloudflare:test';
import { describe, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { cell } from '../../../src/console/usage/export';
import { isPublicAddress, readPublicUrl } from '../../../src/core/public-url';
import { accountOf, audited, call, join, must, organization, someone } from './support';

describe('probe', () => {
  it('orgs at once', async () => {
    const p = await someone();
    const rs = await Promise.all(Array.from({ length: 4 }, () => call('POST', '/api/orgs', { as: p, json: { name: 'Same Name' } })));
    console.log('PROBE orgs', rs.map(({ status }) => status).join());
    const q = await someone();
    const many = await Promise.all(
      Array.from({ length: 26 }, (_, i) => call('POST', '/api/orgs', { as: q, json: { name: `N ${i} ${q.id}` } })),
    );
    console.log('PROBE orgs many', many.filter(({ status }) => status === 201).length);
  });
  it('first request at once', async () => {
    const p = await someone();
    const rs = await Promise.all(Array.from({ length: 5 }, () => call('GET', '/api/me', { as: p })));
    console.log(
      'PROBE me',
      rs.map(({ status }) => status).join(),
      new Set(rs.map(({ body }) => body.accountId)).size,
      (await audited(rs[0]!.body.accountId)).length,
    );
  });
  it('public pages from elsewhere', async () => {
    for (const path of ['/sign-in', '/sign-up', '/sign-in/link', '/forgot-password', '/reset-password', '/two-factor'])
      for (const origin of ['https://evil.example', 'null']) {
        const r = await call('POST', path, { form: { email: 'a@b.example', password: 'x'.repeat(12), name: 'x' }, headers: { origin } });
        console.log('PROBE public form', path, origin, r.status, r.headers.get('location'));
      }
  });
  it('playground keys at once', async () => {
    const p = await someone();
    const a = await accountOf(p);
    const rs = await Promise.all(Array.from({ length: 4 }, () => call('POST', '/playground/key', { as: p, json: {} })));
    console.log('PROBE playground', rs.map(({ status }) => status).join(), (await accountStub(env.ACCOUNT, a).listKeys()).length);
  });
  it('urls', () => {
    for (const url of [
      'https://127.1',
      'https://0x7f.1',
      'https://2130706433',
      'https://[::1]',
      'https://[::ffff:10.0.0.1]',
      'https://[64:ff9b::a00:1]',
      'https://[fe80::1]',
      'https://localhost.',
      'https://a.internal',
      'https://foo.localhost',
      'https://169.254.169.254',
      'https://metadata.google.internal',
      'https://0',
      'https://１２７.0.0.1',
      'https://[2002:7f00:1::]',
      'https://[::127.0.0.1]',
      'https://u:p@example.com',
      'https://100.64.0.1',
      'https://192.0.0.170',
      'https://198.18.0.1',
      'https://224.0.0.1',
      'https://255.255.255.255',
      'https://[2001:db8::1]',
      'https://[3fff::1]',
      'https://[5f00::1]',
      'https://192.88.99.1',
      'https://8.8.8.8',
      'https://[2606:4700::1111]',
      'https://example.com:22',
      'ftp://example.com',
    ])
      console.log('PROBE url', url, readPublicUrl(url, 'u', { anywhere: false }).ok);
    for (const a of [
      '127.0.0.1',
      '::ffff:127.0.0.1',
      '010.0.0.1',
      '1.1.1.1',
      '0177.0.0.1',
      '2001:4860:4860::8888',
      '1',
      '',
      '100::1',
      '64:ff9b:1::1',
      '2001::1',
      '2001:20::1',
    ])
      console.log('PROBE addr', a, isPublicAddress(a));
    for (const v of ['=1+1', '+1', '-1', '@x', '\t=1', '\r=1', '\n=1', ' =1', '＝1', '"=1"', 'a,b', '%0A=1', '|calc'])
      console.log('PROBE cell', JSON.stringify(v), JSON.stringify(cell(v)));
  });
  it('suspended wallet', async () => {
    const p = await someone();
    const a = await accountOf(p);
    const k = await must('POST', '/api/api-keys', { as: p, json: { name: 'x', scopes: ['keys.write', 'keys.read'] } });
    await accountStub(env.ACCOUNT, a).setStatus('suspended');
    for (const [m, path, json] of [
      ['POST', '/api/api-keys', { name: 'y' }],
      ['POST', '/api/billing/checkout', { amountUsd: 5 }],
      ['POST', '/api/orgs', { name: 'Z' }],
    ] as const)
      console.log('PROBE suspended', path, (await call(m, path, { as: p, json })).status);
    for (const path of ['/v1/storage', '/v1/deployments', '/v1/webhooks/secret', '/v1/jobs', '/v1/models', '/api/api-keys'])
      console.log('PROBE suspended key', path, (await call('GET', path, { key: k.key })).status);
  });
  it('roles by api on org wallet of personal routes', async () => {
    const [owner, viewer, billing, team] = [await someone('o'), await someone('v'), await someone('b'), await organization()];
    await join(team.id, owner, 'owner');
    await join(team.id, viewer, 'viewer');
    await join(team.id, billing, 'billing');
    for (const [who, as] of [
      ['viewer', viewer],
      ['billing', billing],
    ] as const)
      for (const [m, path, json] of [
        ['POST', '/api/api-keys', { name: 'x' }],
        ['POST', '/playground/key', {}],
        ['POST', '/infra/deployments/new', undefined],
        ['POST', '/settings/organization/members', undefined],
        ['GET', `/api/audit/export`, undefined],
        ['GET', '/api/api-usage/export', undefined],
      ] as const)
        console.log('PROBE role', who, m, path, (await call(m, `${path}?org=${team.id}`, { as, ...(json && { json }) })).status);
  });
});
