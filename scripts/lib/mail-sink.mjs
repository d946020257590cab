import { join } from 'node:path';
import { writeJson } from './files.mjs';

let count = 0;

/** Receives the mails of a local run: each becomes a file and is reported to whoever started the gateway. */
export const mailSink = (directory, tell) => async (request) => {
  const mail = await request.json();
  count += 1;
  const path = join(directory, `${Date.now()}-${String(count).padStart(4, '0')}.json`);
  writeJson(path, { ...mail, sentAt: new Date().toISOString() });
  tell({ ...mail, path });
  return new Response(null, { status: 204 });
};
