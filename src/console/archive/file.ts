/** A file of the archive: a line of JSON for each line of the ledger, with the columns of `ledger` and its detail as JSON. */
import { parseJson } from '../../core/record';
import type { ledger } from '../../db/schema';

/** A row of `ledger`. */
export type Line = typeof ledger.$inferSelect;

const through = (body: BodyInit, transform: CompressionStream | DecompressionStream): Response =>
  new Response(new Response(body).body!.pipeThrough(transform));

export function packLines(lines: readonly Line[]): Promise<ArrayBuffer> {
  const texts = lines.map(({ detail, ...columns }) => `${JSON.stringify(columns).slice(0, -1)},"detail":${detail}}\n`);
  return through(texts.join(''), new CompressionStream('gzip')).arrayBuffer();
}

/**
 * Throws where the file is gone.
 *
 * @param holding Only lines with this text in them.
 */
export async function unpackLines(files: R2Bucket, file: string, holding = ''): Promise<Line[]> {
  const object = await files.get(file);
  if (!object) throw new Error(`${file} is not in the archive`);
  const text = await through(object.body, new DecompressionStream('gzip')).text();
  return text
    .split('\n')
    .filter((line) => line !== '' && line.includes(holding))
    .map(lineOf);
}

function lineOf(text: string): Line {
  const { detail, ...columns } = parseJson(text) as Omit<Line, 'detail'> & { detail: unknown };
  return { ...columns, detail: JSON.stringify(detail) };
}
