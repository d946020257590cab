// Runs the gateway in workerd, through Miniflare. Not by `wrangler dev`, which runs a second workerd as a proxy, takes
// a second longer to start, records every request's URL (`?key=` included) in a trace store on disk, asks the network
// for news, and never runs a cron. Here the Worker listens on a socket of its own, so nothing stands between it and the
// client: no buffer, no rewritten Accept-Encoding, none of Miniflare's endpoints. The folders are those of `wrangler
// --persist-to`.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { scheduleCrons } from './cron.mjs';
import { mailSink } from './mail-sink.mjs';
import { migrate } from './migrate.mjs';
import { loadMiniflare } from './miniflare.mjs';
import { sourcePlaces } from './source-places.mjs';

/** Log lines may quote what a client sent. */
const withoutKeys = (text) => text.replace(/([?&]key=)[^&\s"']+/g, '$1[hidden]').replace(/\bck_(test_)?[A-Za-z0-9]{8,}/g, 'ck_[hidden]');

/**
 * The ids under which local data is stored: those of a fresh checkout, so that `npm run deploy`, which writes real ids,
 * does not lose it.
 */
const localDatabases = (databases) =>
  Object.fromEntries(
    databases.map(({ binding }, index) => [binding, { id: `00000000-0000-0000-0000-${String(index).padStart(12, '0')}` }]),
  );

/** Redirects the Worker's requests for some hosts to others; answers come back unchanged, redirects included. */
const outboundTo = (hosts, fetch) => (request) => {
  const url = new URL(request.url);
  const place = hosts[url.host];
  return fetch(place ? new URL(url.pathname + url.search, place) : url, request);
};

function mailOptions({ paths, mailBy }, onMail) {
  if (mailBy === 'binding') return { email: { send_email: [{ name: 'EMAIL' }] } };
  if (mailBy === 'provider') return {};
  return { serviceBindings: { MAIL_SINK: mailSink(paths.mail, onMail) } };
}

function miniflareOptions({ worker, others, databases, modules, modulesRoot }, job, { fetch, log, onMail }) {
  const { port, variables, inspectorPort, hosts } = job;
  const placed = sourcePlaces(modulesRoot);
  const { serviceBindings, ...mail } = mailOptions(job, onMail);
  return {
    // Miniflare's entrance, used by the calls below; the gateway's own is the direct socket.
    host: '127.0.0.1',
    port: 0,
    inspectorPort,
    cf: false,
    logRequests: false,
    telemetry: { enabled: false },
    resourcePersistencePath: join(job.paths.directory, 'v3'),
    resourceTmpPath: job.paths.temporary,
    handleStructuredLogs: ({ timestamp, level, message }) =>
      log(`${new Date(timestamp).toISOString()} ${level} ${placed(withoutKeys(message))}`),
    workers: [
      {
        ...worker,
        modules,
        modulesRoot,
        bindings: { ...worker.bindings, ...variables },
        d1Databases: localDatabases(databases),
        ...mail,
        ...(hosts && { outboundService: outboundTo(hosts, fetch) }),
        serviceBindings: { ...worker.serviceBindings, ...serviceBindings },
        unsafeRegisterWorker: false,
        // The Worker does not use it, and its simulator takes a twentieth of the start.
        cacheAPI: false,
        unsafeDirectSockets: [{ host: '127.0.0.1', port }],
      },
      ...others,
    ],
  };
}

const WATCH_MS = 1_000;

/** Miniflare starts a runtime that has died once more, and does not say where that fails. Rejects then. */
export async function watchRuntime(miniflare, pause = () => sleep(WATCH_MS, undefined, { ref: false })) {
  for (;;) {
    await pause();
    await miniflare.ready;
  }
}

/**
 * Runs what `readyBundle` gave: { paths, port, variables, inspectorPort?, mailBy?, hosts?, migrated? }. Tests set `mailBy`
 * to 'binding' (Cloudflare's own) or 'provider', `hosts` to { host: URL }, where requests to that host go instead, and
 * `migrated` when the databases are known to be.
 * @param {{ log: (line: string) => void, onMail?: (mail: object) => void, onGone?: (error: Error) => void }} tell
 *   `onGone`: the runtime has died, and nothing serves any more.
 */
export async function serveGateway(bundle, job, { log, onMail = () => {}, onGone = () => {} }) {
  rmSync(job.paths.temporary, { recursive: true, force: true });
  mkdirSync(job.paths.temporary, { recursive: true });
  const { convertV4MiniflareOptions, fetch, Miniflare } = await loadMiniflare();
  const miniflare = new Miniflare(convertV4MiniflareOptions(miniflareOptions(bundle, job, { fetch, log, onMail })));
  await miniflare.ready;
  const pending = job.migrated ? [] : bundle.databases;
  for (const { binding, migrations, table } of pending) await migrate(await miniflare.getD1Database(binding), migrations, table);
  const unschedule = scheduleCrons(bundle.worker.cronTriggers ?? [], async (cron) => {
    try {
      await (await miniflare.getWorker()).scheduled({ cron });
    } catch (error) {
      log(`The cron ${cron} failed: ${error}`);
    }
  });
  let isStopping = false;
  watchRuntime(miniflare).catch((error) => isStopping || onGone(error));
  return {
    stop: async () => {
      isStopping = true;
      unschedule();
      await miniflare.dispose();
    },
  };
}
