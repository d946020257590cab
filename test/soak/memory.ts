import { readdirSync, readFileSync } from 'node:fs';

const fieldsOf = (pid: number): string[] | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

/** A process and all its descendants. */
function family(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(fieldsOf(Number(name))?.[1]) }));
  const found = [root];
  for (const pid of found) found.push(...parents.filter(({ parent }) => parent === pid).map((child) => child.pid));
  return found;
}

/** Resident memory of the workerd processes below a process, in MB; undefined where the system does not report it. */
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

const INSPECTOR_MS = 30_000;
const POKE_MS = 100;

/**
 * What the gateway's isolate holds after a collection, in kB: its objects, and the runtime's own behind them. Resident
 * memory tells little of it: V8 sees only the small heap and not the native memory behind its objects, so most of the
 * latter waits for a collection that does not come for thousands of calls, above all in Miniflare's own isolates.
 *
 * The inspector of an isolate that nothing happens in does not answer, so something is made to happen.
 */
export async function liveHeapKb(workerUrl: string, inspectorPort: number): Promise<number> {
  const signal = AbortSignal.timeout(INSPECTOR_MS);
  const response = await fetch(`http://127.0.0.1:${inspectorPort}/json`, { signal });
  const targets = (await response.json()) as { webSocketDebuggerUrl: string }[];
  const url = targets.map(({ webSocketDebuggerUrl }) => webSocketDebuggerUrl).find((target) => target.includes('/core:user:'));
  if (!url) throw new Error('the inspector does not show the Worker');
  const socket = new WebSocket(url);
  const pokes = setInterval(
    () =>
      fetch(`${workerUrl}/healthz`, { signal }).then(
        (poked) => poked.text(),
        () => '',
      ),
    POKE_MS,
  );
  try {
    return await new Promise<number>((done, fail) => {
      const send = (id: number, method: string) => socket.send(JSON.stringify({ id, method }));
      signal.addEventListener('abort', () => fail(new Error('the inspector did not answer')));
      socket.onerror = () => fail(new Error('the inspector broke off'));
      socket.onopen = () => send(1, 'HeapProfiler.collectGarbage');
      socket.onmessage = ({ data }) => {
        const { id, result } = JSON.parse(String(data)) as { id?: number; result: Record<string, number> };
        if (id === 1) send(2, 'Runtime.getHeapUsage');
        else if (id === 2) done((result.usedSize! + result.embedderHeapUsedSize! + result.backingStorageSize!) / 1_024);
      };
    });
  } finally {
    clearInterval(pokes);
    socket.close();
  }
}
