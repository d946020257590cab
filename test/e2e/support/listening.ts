import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTENS = '0A';

/** Read from /proc, where there is one: https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html */
function socketsOf(port: number): Set<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  const columns = rows.map((row) => row.trim().split(/\s+/));
  const found = columns.filter(([, local, , state]) => state === LISTENS && local?.endsWith(`:${hex}`));
  return new Set(found.map((row) => `socket:[${row[9]}]`));
}

function has(pid: number, sockets: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => {
      try {
        return sockets.has(readlinkSync(`${folder}/${fd}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

const lines = (command: string, args: string[]): number[] =>
  execFileSync(command, args, { encoding: 'utf8' }).split('\n').filter(Boolean).map(Number);

/** The process that listens there, other than this one, which may itself have a connection to that port. */
export function childListeningOn(port: number): number {
  const pids =
    process.platform === 'linux'
      ? readdirSync('/proc')
          .map(Number)
          .filter((pid) => pid > 0 && pid !== process.pid)
      : lines('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t']);
  const sockets = process.platform === 'linux' ? socketsOf(port) : undefined;
  const pid = pids.find((candidate) => !sockets || has(candidate, sockets));
  if (pid === undefined) throw new Error(`nothing listens on port ${port}`);
  return pid;
}
