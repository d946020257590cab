// One gateway at a time on one state folder: two workerds on the same Durable Objects would each keep their own truth.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson, writeJson } from './files.mjs';
import { UsageError } from './paths.mjs';

const GRACE_MS = 5_000;

function exists(pid) {
  if (!Number.isInteger(pid) || Math.abs(pid) < 2) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The host leads a process group of its own, which its workerd stays in when the host is gone. */
const groupExists = (hostPid) => Number.isInteger(hostPid) && exists(process.platform === 'win32' ? hostPid : -hostPid);

export function killGroup(hostPid, signal) {
  try {
    process.kill(process.platform === 'win32' ? hostPid : -hostPid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

const listens = (port) =>
  new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => done(true)).once('error', () => done(false));
    socket.once('connect', () => socket.destroy());
  });

const portError = (port) =>
  new Promise((done) => {
    const server = createServer();
    server.once('error', done);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => done(undefined)));
  });

export async function requireFreePort(port) {
  const error = await portError(port);
  if (error === undefined) return;
  if (error.code === 'EACCES') throw new UsageError(`Port ${port} needs rights that this user lacks. Choose another: PORT=8788 npm start`);
  throw new UsageError(`Port ${port} is taken by another program. Choose another: PORT=${port === 8788 ? 8789 : 8788} npm start`);
}

async function isGone(hostPid, graceMs) {
  for (const end = Date.now() + graceMs; Date.now() < end; await sleep(50)) {
    if (!groupExists(hostPid)) return true;
  }
  return !groupExists(hostPid);
}

/**
 * What a gateway on this state left behind: refuses when it still runs. Where only its helpers do, because it was
 * killed, they end by themselves; workerd does not when its host was killed with it, so it is ended here.
 */
async function clearPredecessor(left) {
  const { pid, hostPid, port } = left;
  if (exists(pid) && groupExists(hostPid) && (await listens(port))) {
    throw new UsageError(`A gateway with this state already runs at http://127.0.0.1:${port} (process ${pid}).`);
  }
  if (!groupExists(hostPid)) return;
  const orphaned = !exists(hostPid);
  if (!orphaned && (await isGone(hostPid, GRACE_MS))) return;
  // A group of that number that keeps the recorded port is ours; any other is left alone.
  if (!(await listens(port))) return;
  killGroup(hostPid, 'SIGKILL');
  await isGone(hostPid, GRACE_MS);
}

/** Takes the state folder; the caller adds the host's process to it, and gives it back. */
export async function takeState({ directory, lock }, port) {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const left = readJson(lock);
  if (left) await clearPredecessor(left);
  rmSync(lock, { force: true });
  try {
    writeFileSync(lock, JSON.stringify({ pid: process.pid, port }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    throw new UsageError('Another gateway is starting with this state.');
  }
  return {
    record: (hostPid) => writeJson(lock, { pid: process.pid, hostPid, port }),
    release: () => rmSync(lock, { force: true }),
  };
}
