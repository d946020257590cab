import { readdirSync, readFileSync } from 'node:fs';

const fieldsOf = (pid: number): string[] | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

/** A process and all that came of it. */
function family(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(fieldsOf(Number(name))?.[1]) }));
  const found = [root];
  for (const pid of found) found.push(...parents.filter(({ parent }) => parent === pid).map((child) => child.pid));
  return found;
}

/** Resident memory of the workerd processes below a process, in MB; undefined where the system does not tell. */
export function workerdMb(root: number): number | undefined {
  try {
    let pages = 0;
    for (const pid of family(root)) {
      const [command = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (command.endsWith('workerd')) pages += Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    }
    return (pages * 4) / 1_024;
  } catch {
    return undefined;
  }
}
