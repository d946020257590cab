import { readFileSync, writeFileSync } from 'node:fs';

const ok = (stdout = '') => ({ code: 0, stdout, stderr: '' });
const refused = (stderr) => ({ code: 1, stdout: '', stderr });

/** A fake Cloudflare account behind a fake Wrangler, which records every call; `failOn` makes one command fail once. */
export function fakeCloudflare({
  accounts = [{ id: 'cf1', name: 'Ours' }],
  signedIn = true,
  secrets,
  databases = [],
  buckets = [],
  queues = [],
  customers = 0,
  targets = ['https://hypereal-gateway.ours.workers.dev', 'schedule: 17 3 * * *'],
} = {}) {
  const cloud = {
    signedIn,
    calls: [],
    databases: [...databases],
    buckets: [...buckets],
    queues: [...queues],
    secrets: secrets && { ...secrets },
    failures: [],
    deployed: 0,
    customers,
  };

  const commands = {
    'whoami --json': () =>
      cloud.signedIn ? ok(JSON.stringify({ loggedIn: true, accounts })) : { ...refused(''), stdout: '{"loggedIn":false}' },
    login: () => {
      cloud.signedIn = true;
      return ok();
    },
    'd1 list': () => ok(JSON.stringify(cloud.databases)),
    'd1 create': (name) => {
      cloud.databases.push({ name, uuid: `uuid-of-${name}` });
      return ok('Created');
    },
    'd1 migrations': () => ok('Applied'),
    'd1 execute': () => ok(JSON.stringify([{ results: [{ accounts: cloud.customers }], success: true }], null, 2)),
    'r2 bucket list': () => ok(cloud.buckets.map((name) => `name:           ${name}\ncreation_date:  2026-01-01`).join('\n\n')),
    'r2 bucket create': (name) => {
      if (cloud.buckets.includes(name)) return refused('The bucket you tried to create already exists, and you own it. [code: 10004]');
      cloud.buckets.push(name);
      return ok();
    },
    'queues list': () =>
      ok(
        `│ id │ name │\n${cloud.queues
          .slice(0, cloud.queuePage ?? 100)
          .map((name) => `│ 1 │ ${name} │`)
          .join('\n')}`,
      ),
    'queues create': (name) => {
      if (cloud.queues.includes(name)) return refused('Queue name already taken [code: 11009]');
      cloud.queues.push(name);
      return ok();
    },
    'secret list': () =>
      cloud.secrets
        ? ok(JSON.stringify(Object.keys(cloud.secrets).map((name) => ({ name, type: 'secret_text' }))))
        : refused('Worker "hypereal-gateway" not found.'),
    deploy: (...rest) => {
      const at = rest.indexOf('--secrets-file');
      cloud.secrets = { ...cloud.secrets, ...(at === -1 ? {} : JSON.parse(readFileSync(rest[at + 1], 'utf8'))) };
      cloud.deployed += 1;
      return ok('Uploaded');
    },
  };

  cloud.wrangler = async (args, settings = {}) => {
    const line = args.join(' ');
    cloud.calls.push({ line, env: settings.env, interactive: settings.interactive === true });
    const name = Object.keys(commands).find((command) => line === command || line.startsWith(`${command} `));
    if (!name) throw new Error(`unexpected: wrangler ${line}`);
    const failing = cloud.failures.findIndex(({ command }) => line.startsWith(command));
    const failure = failing === -1 ? undefined : cloud.failures.splice(failing, 1)[0];
    if (failure && !failure.late) return refused(failure.says);
    const result = commands[name](...args.slice(name.split(' ').length));
    if (failure) return refused(failure.says);
    if (name === 'deploy') {
      writeFileSync(
        settings.env.WRANGLER_OUTPUT_FILE_PATH,
        `{"type":"wrangler-session"}\n${JSON.stringify({ type: 'deploy', targets })}\n`,
      );
    }
    return result;
  };
  cloud.failOnce = (command, says, { late = false } = {}) => cloud.failures.push({ command, says, late });
  cloud.lines = () => cloud.calls.map(({ line }) => line);
  cloud.changes = () => cloud.lines().filter((line) => /create|migrations apply|^deploy/.test(line));
  return cloud;
}
