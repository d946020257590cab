// CPU time and memory of processes, from /proc.
import { readdirSync, readFileSync } from 'node:fs';

const TICK_US = 10_000; // /proc counts in 1/100 s on every Linux
const PAGE_KB = 4;

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The name, and the fields of /proc/PID/stat from the third (the state) on. */
function stat(pid) {
  const text = read(`/proc/${pid}/stat`);
  const close = text.lastIndexOf(')');
  return { name: text.slice(text.indexOf('(') + 1, close), fields: text.slice(close + 2).split(' ') };
}

/**
 * CPU time of a process and all its threads. The scheduler counts nanoseconds where the kernel keeps them;
 * utime + stime are the same in hundredths of a second.
 */
function cpuUs(pid) {
  let ns = 0;
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) ns += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]);
  } catch {
    return 0;
  }
  if (ns > 0) return ns / 1000;
  const { fields } = stat(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

const rssKb = (pid) => Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * PAGE_KB;

export const usage = (pid) => ({ cpu_us: cpuUs(pid), rss_kb: rssKb(pid) });

/** The process with this name below `root`. */
export function descendant(root, name) {
  const children = new Map();
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const { name: found, fields } = stat(pid);
    const parent = Number(fields[1]);
    children.set(parent, [...(children.get(parent) ?? []), { pid: Number(pid), name: found }]);
  }
  const todo = [root];
  for (const pid of todo) {
    for (const child of children.get(pid) ?? []) {
      if (child.name === name) return child.pid;
      todo.push(child.pid);
    }
  }
  throw new Error(`process ${root} has no descendant ${name}`);
}

/** Busy CPU time of the whole machine, which shows how much of a run other processes took. */
export function machineBusyUs() {
  const [user, nice, system, , , irq, softirq, steal] = read('/proc/stat').split('\n')[0].trim().split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq + steal) * TICK_US;
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
