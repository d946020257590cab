import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runDeploy } from '../../scripts/lib/deploy-cli.mjs';
import { UNSET_DATABASE_ID, withDatabaseId } from '../../scripts/lib/deploy-resources.mjs';
import { UsageError } from '../../scripts/lib/paths.mjs';
import { withPrivateFolder } from '../../scripts/lib/wrangler.mjs';
import { fakeCloudflare } from './fake-cloudflare.mjs';

const TOML = `name = "hypereal-gateway"

# Our data.
[[d1_databases]]
binding = "OTHER"
database_name = "other"
database_id = "11111111-0000-0000-0000-000000000000"

[[d1_databases]]
binding = "DB" # the only one
database_name = "hypereal-gateway"
database_id = "${UNSET_DATABASE_ID}"
migrations_dir = "migrations"

[[r2_buckets]]
binding = "FILES"
`;

const QUEUES = ['hypereal-ledger', 'hypereal-settlements', 'hypereal-ledger-dead', 'hypereal-settlements-dead'];

let folder;
let configPath;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deploy-test-'));
  configPath = join(folder, 'wrangler.toml');
  writeFileSync(configPath, TOML);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const databaseId = () => /hypereal-gateway"\ndatabase_id = "([^"]*)"/.exec(readFileSync(configPath, 'utf8'))[1];

function readConfig() {
  return {
    d1_databases: [{ binding: 'DB', database_name: 'hypereal-gateway', database_id: databaseId() }],
    r2_buckets: [{ binding: 'FILES', bucket_name: 'hypereal-gateway-files' }],
    queues: {
      producers: [{ queue: 'hypereal-ledger' }, { queue: 'hypereal-settlements' }],
      consumers: [
        { queue: 'hypereal-ledger', dead_letter_queue: 'hypereal-ledger-dead' },
        { queue: 'hypereal-settlements', dead_letter_queue: 'hypereal-settlements-dead' },
      ],
    },
  };
}

/** Runs the deployment against a fake account. Questions are matched by a word in them; all others are answered with Enter. */
async function deploy(cloud, { argv = [], answers = {}, env = {}, interactive = false, config = {} } = {}) {
  const said = [];
  const asked = [];
  const code = await runDeploy(argv, {
    wrangler: cloud.wrangler,
    ask: async (question, options) => {
      asked.push({ question, ...options });
      const word = Object.keys(answers).find((known) => question.includes(known));
      return word ? [answers[word]].flat().shift() : '';
    },
    interactive,
    print: (text) => said.push(text),
    printError: (text) => said.push(text),
    env,
    configPath,
    readConfig: () => ({ ...readConfig(), ...config }),
    withPrivateFolder,
    keptFolder: join(folder, 'deployed'),
  });
  return { code, asked, output: said.join('\n') };
}

const keptPath = () => join(folder, 'deployed', 'uuid-of-hypereal-gateway.json');
const kept = () => JSON.parse(readFileSync(keptPath(), 'utf8'));

const shownToken = (output) => /^ADMIN_TOKEN: (\S+)$/m.exec(output)?.[1];

describe('deploying to an empty account', () => {
  it('creates everything in order, then deploys with the secrets', async () => {
    const cloud = fakeCloudflare();
    const { code, output } = await deploy(cloud, { answers: { OPENAI_API_KEY: 'sk-open' } });
    expect(code, output).toBe(0);
    expect(cloud.changes().map((line) => line.replace(/ \S*secrets\.json$/, ''))).toEqual([
      'd1 create hypereal-gateway',
      'r2 bucket create hypereal-gateway-files',
      ...QUEUES.map((name) => `queues create ${name}`),
      'd1 migrations apply DB --remote',
      'deploy --secrets-file',
    ]);
    expect(Object.keys(cloud.secrets).sort()).toEqual(['ADMIN_TOKEN', 'AUTH_SECRET', 'KEY_MAC_SECRET', 'OPENAI_API_KEY']);
    expect(cloud.secrets.KEY_MAC_SECRET.length).toBeGreaterThanOrEqual(32);
    expect(cloud.secrets.OPENAI_API_KEY).toBe('sk-open');
    expect(output).toContain('GATEWAY_URL=https://hypereal-gateway.ours.workers.dev');
  });

  it('writes the database id where the unset one stood, and nothing else', async () => {
    await deploy(fakeCloudflare());
    expect(readFileSync(configPath, 'utf8')).toBe(TOML.replace(UNSET_DATABASE_ID, 'uuid-of-hypereal-gateway'));
  });

  it('shows the token that it made once, and no other secret', async () => {
    const cloud = fakeCloudflare();
    const { output } = await deploy(cloud, { answers: { OPENAI_API_KEY: 'sk-open' } });
    expect(output.split(cloud.secrets.ADMIN_TOKEN)).toHaveLength(2);
    expect(shownToken(output)).toBe(cloud.secrets.ADMIN_TOKEN);
    expect(output).not.toContain(cloud.secrets.KEY_MAC_SECRET);
    expect(output).not.toContain(cloud.secrets.AUTH_SECRET);
    expect(output).not.toContain('sk-open');
  });

  it('keeps the secrets that it made in a file that only its owner reads, and says where', async () => {
    const cloud = fakeCloudflare();
    const { output } = await deploy(cloud, { argv: ['--yes'], env: { OPENAI_API_KEY: 'sk-open' } });
    const { OPENAI_API_KEY, ...own } = cloud.secrets;
    expect(kept()).toEqual(own);
    expect(OPENAI_API_KEY).toBe('sk-open');
    expect(statSync(keptPath()).mode & 0o777).toBe(0o600);
    expect(output).toContain(`KEY_MAC_SECRET, AUTH_SECRET, ADMIN_TOKEN: in ${keptPath()}`);
    expect(output).toContain('Cloudflare shows no secret again');
  });

  it('keeps none that it was given', async () => {
    const own = { KEY_MAC_SECRET: 'm'.repeat(32), AUTH_SECRET: 'a'.repeat(32), ADMIN_TOKEN: 't'.repeat(32) };
    const cloud = fakeCloudflare();
    const { output } = await deploy(cloud, { argv: ['--yes'], env: own });
    expect(cloud.secrets).toEqual(own);
    expect(existsSync(keptPath())).toBe(false);
    expect(output).not.toContain(join(folder, 'deployed'));
  });

  it('takes secrets that are typed in, hidden, and asks again for one that is too short', async () => {
    const cloud = fakeCloudflare();
    const typed = 'x'.repeat(40);
    const macAnswers = ['short', typed];
    const answers = {
      get KEY_MAC_SECRET() {
        return macAnswers.shift();
      },
      ADMIN_TOKEN: 'an-operators-token',
    };
    const { asked, output } = await deploy(cloud, { answers });
    expect(cloud.secrets).toEqual({ KEY_MAC_SECRET: typed, AUTH_SECRET: expect.any(String), ADMIN_TOKEN: 'an-operators-token' });
    expect(asked.every(({ secret }) => secret)).toBe(true);
    expect(output).not.toContain('an-operators-token');
  });

  it('asks nothing with --yes, and takes keys from the environment but for what wrangler.toml sets', async () => {
    const cloud = fakeCloudflare();
    const env = {
      OPENAI_API_KEY: 'sk-env',
      DEEPSEEK_BASE_URL: 'https://deepseek.example/v1',
      ...{ CUSTOM_PROVIDERS: '[]', HOME: '/root', XAI_API_KEY: '', XAI_BASE_URL: 'https://x.example' },
    };
    const config = { vars: { XAI_BASE_URL: 'https://xai.example/v1', SIGNUP: 'closed', CUSTOM_A_API_KEY: 'a' } };
    const { code, asked, output } = await deploy(cloud, { argv: ['--yes'], env, config });
    expect(code).toBe(0);
    expect(asked).toEqual([]);
    expect(output.match(/Look at this: .*/g)).toEqual(['Look at this: SIGNUP is no variable of the gateway; did you mean SIGN_UP?']);
    expect(cloud.secrets).toMatchObject({
      OPENAI_API_KEY: 'sk-env',
      DEEPSEEK_BASE_URL: 'https://deepseek.example/v1',
      CUSTOM_PROVIDERS: '[]',
    });
    expect(Object.keys(cloud.secrets)).toHaveLength(6);
  });

  it('leaves the terminal to Wrangler for the deployment alone', async () => {
    const cloud = fakeCloudflare();
    await deploy(cloud, { interactive: true });
    const given = ({ calls }) => calls.filter(({ interactive }) => interactive).map(({ line }) => line.split(' ')[0]);
    expect(given(cloud)).toEqual(['deploy']);
    for (const how of [{ argv: ['--yes'], interactive: true }, {}]) {
      writeFileSync(configPath, TOML);
      const alone = fakeCloudflare();
      await deploy(alone, how);
      expect([alone.deployed, given(alone)]).toEqual([1, []]);
    }
  });
});

describe('deploying again', () => {
  const complete = () =>
    fakeCloudflare({
      databases: [{ name: 'hypereal-gateway', uuid: 'uuid-of-hypereal-gateway' }],
      buckets: ['hypereal-gateway-files'],
      queues: QUEUES,
      secrets: { KEY_MAC_SECRET: 'kept', AUTH_SECRET: 'kept', ADMIN_TOKEN: 'kept', OPENAI_API_KEY: 'kept' },
    });

  it('creates nothing that is there, and asks for no secret that is set', async () => {
    writeFileSync(configPath, TOML.replace(UNSET_DATABASE_ID, 'uuid-of-hypereal-gateway'));
    const cloud = complete();
    cloud.databases.push({ name: 'other', uuid: '11111111-0000-0000-0000-000000000000' });
    const { code, asked, output } = await deploy(cloud);
    expect(code, output).toBe(0);
    expect(cloud.changes()).toEqual(['d1 migrations apply DB --remote', 'deploy']);
    expect(asked.some(({ question }) => /KEY_MAC_SECRET|AUTH_SECRET|ADMIN_TOKEN|OPENAI/.test(question))).toBe(false);
    expect(cloud.secrets).toEqual({ KEY_MAC_SECRET: 'kept', AUTH_SECRET: 'kept', ADMIN_TOKEN: 'kept', OPENAI_API_KEY: 'kept' });
    expect(shownToken(output)).toBeUndefined();
  });

  it('finds the database of a checkout that does not have its id yet', async () => {
    const cloud = complete();
    await deploy(cloud);
    expect(cloud.lines()).not.toContain('d1 create hypereal-gateway');
    expect(databaseId()).toBe('uuid-of-hypereal-gateway');
  });

  it('takes a queue on a later page of the list for one that exists', async () => {
    const cloud = complete();
    cloud.queuePage = 1;
    const { code, output } = await deploy(cloud);
    expect(code, output).toBe(0);
    expect(output).toContain('Queue hypereal-ledger-dead: there already.');
  });

  it('does not take a longer name for the one it looks for', async () => {
    const cloud = fakeCloudflare({ queues: ['hypereal-ledger-dead'] });
    await deploy(cloud);
    expect(cloud.lines()).toContain('queues create hypereal-ledger');
  });

  it('refuses an id that the account does not have', async () => {
    writeFileSync(configPath, TOML.replace(UNSET_DATABASE_ID, 'uuid-of-another-account'));
    const cloud = complete();
    const { code, output } = await deploy(cloud);
    expect(code).toBe(1);
    expect(output).toContain('this Cloudflare account does not have');
    expect(cloud.changes()).toEqual([]);
  });
});

describe('a database with accounts, and a Worker without its secrets', () => {
  const OLD = { KEY_MAC_SECRET: 'm'.repeat(32), AUTH_SECRET: 'a'.repeat(32), ADMIN_TOKEN: 't'.repeat(32) };
  const moved = () => fakeCloudflare({ databases: [{ name: 'hypereal-gateway', uuid: 'uuid-of-hypereal-gateway' }], customers: 12 });

  it('makes none unasked: with --yes it stops, and says what would be lost', async () => {
    const cloud = moved();
    const { code, output } = await deploy(cloud, { argv: ['--yes'] });
    expect(code).toBe(1);
    expect(output).toContain('The database has 12 accounts, and the Worker no KEY_MAC_SECRET');
    expect(cloud.deployed).toBe(0);
    expect(existsSync(keptPath())).toBe(false);
  });

  it('takes the old ones from the environment, and makes no more than a token', async () => {
    const cloud = moved();
    const { ADMIN_TOKEN: _, ...lasting } = OLD;
    const { code, output } = await deploy(cloud, { argv: ['--yes'], env: lasting });
    expect(code, output).toBe(0);
    expect(cloud.secrets).toEqual({ ...lasting, ADMIN_TOKEN: shownToken(output) });
    expect(kept()).toEqual({ ADMIN_TOKEN: shownToken(output) });
  });

  it('names the file of those that were made before, and takes them where Enter says so', async () => {
    await deploy(fakeCloudflare(), { argv: ['--yes'] });
    const made = kept();
    const refused = await deploy(moved(), { argv: ['--yes'] });
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(keptPath());
    const cloud = moved();
    const { code, output } = await deploy(cloud);
    expect(code, output).toBe(0);
    expect(cloud.secrets).toEqual(made);
    const typed = moved();
    await deploy(typed, { answers: { KEY_MAC_SECRET: OLD.KEY_MAC_SECRET } });
    expect(typed.secrets).toEqual({ ...made, KEY_MAC_SECRET: OLD.KEY_MAC_SECRET });
  });

  it('is asked how many there are, or nothing is made', async () => {
    const cloud = moved();
    cloud.failOnce('d1 execute', 'boom');
    const { code, output } = await deploy(cloud);
    expect([code, cloud.deployed]).toEqual([1, 0]);
    expect(output).toContain('could not be asked for its accounts');
  });

  it('asks once where nobody can answer twice', async () => {
    const cloud = moved();
    const { code, asked, output } = await deploy(cloud, { answers: { KEY_MAC_SECRET: '' } });
    expect([code, asked.length, cloud.deployed]).toEqual([1, 1, 0]);
    expect(output).toContain('The database has 12 accounts, and the Worker no KEY_MAC_SECRET');
  });

  it('asks until it is given one, or told to make one anew', async () => {
    const cloud = moved();
    const macAnswers = ['', '', OLD.KEY_MAC_SECRET];
    const answers = {
      get KEY_MAC_SECRET() {
        return macAnswers.shift();
      },
      AUTH_SECRET: 'new',
    };
    const { code, asked } = await deploy(cloud, { answers, interactive: true });
    expect(code).toBe(0);
    expect(asked[0].question).toContain('12 accounts');
    expect(cloud.secrets.KEY_MAC_SECRET).toBe(OLD.KEY_MAC_SECRET);
    expect(kept().AUTH_SECRET).toBe(cloud.secrets.AUTH_SECRET);
    expect(kept().KEY_MAC_SECRET).toBeUndefined();
  });
});

describe('a failure in the middle', () => {
  it.each([
    ['d1 create', 'boom', 'boom'],
    ['r2 bucket create', 'Please enable R2 through the Cloudflare Dashboard. [code: 10042]', 'switched on once'],
    ['queues create hypereal-settlements', 'boom', 'Queue hypereal-settlements could not be created'],
    ['d1 migrations apply', 'near "CREAT": syntax error', 'syntax error'],
    ['secret list', 'Authentication error [code: 10000]', 'lacks a permission'],
    ['deploy', 'CPU limits are not supported for the Free plan. [code: 100328]', 'Workers Paid plan'],
  ])('at "%s" says what is wrong, and the next run goes on from there', async (command, says, told) => {
    const cloud = fakeCloudflare();
    cloud.failOnce(command, says);
    const first = await deploy(cloud);
    expect(first.code).toBe(1);
    expect(first.output).toContain(told);
    const before = cloud.calls.length;
    const second = await deploy(cloud);
    expect(second.code, second.output).toBe(0);
    expect(cloud.deployed).toBe(1);
    const created = cloud.lines().filter((line) => / create /.test(line) && !line.startsWith(command));
    expect(new Set(created).size).toBe(created.length);
    expect(cloud.calls.length).toBeGreaterThan(before);
    expect(cloud.databases).toHaveLength(1);
    expect(shownToken(second.output)).toBe(cloud.secrets.ADMIN_TOKEN);
  });

  it('shows the token even so when the deployment fails after it took the secrets', async () => {
    const cloud = fakeCloudflare();
    cloud.failOnce('deploy', 'You need to register a workers.dev subdomain', { late: true });
    const first = await deploy(cloud);
    expect(first.code).toBe(1);
    expect(shownToken(first.output)).toBe(cloud.secrets.ADMIN_TOKEN);
    expect(kept()).toEqual(cloud.secrets);
    const second = await deploy(cloud);
    expect(second.code).toBe(0);
    expect(shownToken(second.output)).toBeUndefined();
    expect(shownToken(first.output)).toBe(cloud.secrets.ADMIN_TOKEN);
  });
});

describe('who deploys', () => {
  it('says how to sign in where nobody can be asked', async () => {
    const cloud = fakeCloudflare({ signedIn: false });
    const { code, output } = await deploy(cloud);
    expect(code).toBe(1);
    expect(output).toContain('wrangler login');
    expect(cloud.lines()).toEqual(['whoami --json']);
  });

  const two = [
    { id: 'cf1', name: 'Ours' },
    { id: 'cf2', name: 'Theirs' },
  ];

  it('asks which of several accounts, and stays with it', async () => {
    const cloud = fakeCloudflare({ accounts: two });
    const { code, output } = await deploy(cloud, { answers: { 'Which one': '2' } });
    expect(code, output).toBe(0);
    expect(output).toContain('  1. Ours (cf1)\n  2. Theirs (cf2)');
    expect(cloud.calls.slice(1).every(({ env }) => env.CLOUDFLARE_ACCOUNT_ID === 'cf2')).toBe(true);
  });

  it.each([
    ['with --yes', { argv: ['--yes'] }, 0],
    ['where the answer is none of them', { answers: { 'Which one': '3' } }, 1],
  ])('does not guess between accounts %s', async (_, how, questions) => {
    const cloud = fakeCloudflare({ accounts: two });
    const { code, asked, output } = await deploy(cloud, how);
    expect([code, asked.length]).toEqual([1, questions]);
    expect(output).toContain('CLOUDFLARE_ACCOUNT_ID');
    expect(cloud.changes()).toEqual([]);
  });

  it('signs in where somebody sits, and not with --yes', async () => {
    const cloud = fakeCloudflare({ signedIn: false });
    const { code, output } = await deploy(cloud, { interactive: true });
    expect(code, output).toBe(0);
    expect(cloud.lines().slice(0, 3)).toEqual(['whoami --json', 'login', 'whoami --json']);
    const alone = fakeCloudflare({ signedIn: false });
    expect((await deploy(alone, { argv: ['--yes'], interactive: true })).code).toBe(1);
    expect(alone.lines()).toEqual(['whoami --json']);
    const nobody = fakeCloudflare({ accounts: [] });
    expect(await deploy(nobody)).toMatchObject({ code: 1, output: expect.stringContaining('reaches no Cloudflare account') });
  });

  it.each([
    ['own domain', ['https://x.workers.dev', 'api.example.com (custom domain)'], 'https://api.example.com'],
    ['address at Cloudflare', ['schedule: 17 3 * * *', 'https://x.workers.dev'], 'https://x.workers.dev'],
    ['place, where none is told', [], 'https://YOUR-GATEWAY'],
  ])('names the gateway’s %s in the end', async (_, targets, url) => {
    expect((await deploy(fakeCloudflare({ targets }), { argv: ['--yes'] })).output).toContain(`GATEWAY_URL=${url} `);
  });

  it('takes the account of the configuration or the environment', async () => {
    const byConfig = fakeCloudflare({ accounts: two });
    await deploy(byConfig, { config: { account_id: 'cf2' } });
    const byEnvironment = fakeCloudflare({ accounts: two });
    await deploy(byEnvironment, { env: { CLOUDFLARE_ACCOUNT_ID: 'cf1' } });
    expect([byConfig.calls[1].env.CLOUDFLARE_ACCOUNT_ID, byEnvironment.calls[1].env.CLOUDFLARE_ACCOUNT_ID]).toEqual(['cf2', 'cf1']);
  });

  it('says in a line what this machine lacks', async () => {
    const cloud = fakeCloudflare();
    cloud.wrangler = () => Promise.reject(new UsageError('The dependencies are not installed: run `npm ci` first.'));
    expect(await deploy(cloud)).toMatchObject({ code: 1, output: 'The dependencies are not installed: run `npm ci` first.' });
  });

  it('names in the end only what is in the documents', async () => {
    const { output } = await deploy(fakeCloudflare(), { argv: ['--yes'] });
    for (const [, document, section] of output.matchAll(/\b(\S+\.md)(?:, (\w+))?$/gm)) {
      const text = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
      if (section) expect(text).toContain(`\n## ${section}\n`);
    }
    expect(output).toMatch(/README\.md, \w+$/m);
  });

  it('answers a wrong option with code 2', async () => {
    const cloud = fakeCloudflare();
    expect((await deploy(cloud, { argv: ['--maybe'] })).code).toBe(2);
    expect(cloud.calls).toEqual([]);
  });
});

describe('withDatabaseId', () => {
  it('refuses when the unset id is not there', () => {
    expect(() => withDatabaseId(TOML, 'other', 'new')).toThrow('by hand');
    expect(() => withDatabaseId(TOML, 'hypereal', 'new')).toThrow('by hand');
  });

  it("reads the project's own file", () => {
    const own = readFileSync(new URL('../../wrangler.toml', import.meta.url), 'utf8').replace(
      /(database_id = ")[^"]*/,
      `$1${UNSET_DATABASE_ID}`,
    );
    expect(withDatabaseId(own, 'hypereal-gateway', 'abc')).toBe(own.replace(UNSET_DATABASE_ID, 'abc'));
  });
});
