// One gateway at a time per state folder: two workerds on the same Durable Objects would diverge.
import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson, readText, writeJson } from './files.mjs';
import { UsageError } from './paths.mjs';

const GRACE_MS = 2_000;

function isListed(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** A zombie: dead, but its parent has not collected it, which in a container may never happen. */
const isZombie = (pid) => /\) [ZX] /.test(readText(`/proc/${pid}/stat`) ?? '');

const isAlive = (pid) => Number.isInteger(pid) && pid > 1 && isListed(pid) && !isZombie(pid);

/** The host leads a process group, in which its workerd stays when the host is gone. */
const groupExists = (hostPid) => Number.isInteger(hostPid) && hostPid > 1 && isListed(process.platform === 'win32' ? hostPid : -hostPid);

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

async function isGone({ hostPid, port }) {
  for (const end = Date.now() + GRACE_MS; Date.now() < end; await sleep(50)) {
    if (!groupExists(hostPid) || !(await listens(port))) return true;
  }
  return false;
}

/** Process ids restart with the machine, and within a container with the container. */
const isOfThisBoot = ({ pid, at }) => pid !== process.pid && at > Date.now() - uptime() * 1000;

/**
 * Cleans up after an earlier gateway on this state, and refuses if one is still starting or running. If it was killed,
 * its host ends by itself; if the host was killed too, workerd lives on and is ended here.
 */
async function clearPredecessor(left, lock) {
  const { pid, hostPid, port } = left;
  if (!isOfThisBoot(left)) return;
  if (isAlive(pid) && (hostPid === undefined || isAlive(hostPid))) {
    throw new UsageError(
      `A gateway with this state already runs at http://127.0.0.1:${port} (process ${pid}). If that is not so, delete ${lock}.`,
    );
  }
  // A group with that id that holds the recorded port is ours; any other is left alone.
  if (!groupExists(hostPid) || !(await listens(port))) return;
  if (isAlive(hostPid) && (await isGone(left))) return;
  killGroup(hostPid, 'SIGKILL');
  await isGone(left);
}

const NO_FOLDER = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'nothing may be written there',
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'there is a file in its way',
};

/** Runs what begins to write into the state folder. */
function writing(directory, write) {
  try {
    write();
  } catch (error) {
    const reason = NO_FOLDER[error.code] ?? error.message;
    throw new UsageError(`The state cannot be kept in ${directory}: ${reason}. Choose another folder: STATE_DIR=~/gateway npm start`);
  }
}

/** Takes the state folder; the caller records the host's process, and releases it. */
export async function takeState({ directory, lock }, port) {
  writing(directory, () => mkdirSync(directory, { recursive: true, mode: 0o700 }));
  const left = readJson(lock);
  if (left) await clearPredecessor(left, lock);
  const mine = { pid: process.pid, port, at: Date.now() };
  writing(directory, () => writeJson(lock, mine));
  // Two that start at the same instant both get here; the later one stays.
  await sleep(30);
  if (readJson(lock)?.pid !== process.pid) throw new UsageError('Another gateway is starting with this state.');
  return {
    record: (hostPid) => writeJson(lock, { ...mine, hostPid }),
    release: () => rmSync(lock, { force: true }),
  };
}
