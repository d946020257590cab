import { describe, expect, it, vi } from 'vitest';
import guide from '../../../docs/jobs.md?raw';
import { makeGlb } from '../../../src/providers/sandbox/media/glb';
import { jobId, planSandboxJob, readJobId, type SandboxJob } from '../../../src/providers/sandbox/media/job';
import { MEDIA_MAGIC_WORDS, readMediaMagic } from '../../../src/providers/sandbox/media/magic';
import { makeMp4 } from '../../../src/providers/sandbox/media/mp4';
import { makePng } from '../../../src/providers/sandbox/media/png';
import { serveMedia } from '../../../src/providers/sandbox/media/serve';
import { makeWav } from '../../../src/providers/sandbox/media/wav';

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const ascii = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

/** The nested boxes of an MP4, by path. */
function boxesOf(bytes: Uint8Array, from = 0, to = bytes.byteLength, path = ''): Map<string, { from: number; to: number }> {
  const found = new Map<string, { from: number; to: number }>();
  for (let at = from; at < to; ) {
    const size = view(bytes).getUint32(at);
    const name = `${path}/${ascii(bytes, at + 4, at + 8)}`;
    found.set(name, { from: at + 8, to: at + size });
    if (/(moov|trak|mdia|minf|stbl)$/.test(name)) for (const [key, box] of boxesOf(bytes, at + 8, at + size, name)) found.set(key, box);
    at += size;
  }
  return found;
}

/** The size of a PNG's pixel data; checks the checksum of each chunk on the way. */
async function pixelsOf(png: Uint8Array): Promise<number> {
  let data = new Uint8Array();
  for (let at = 8; at < png.byteLength; ) {
    const size = view(png).getUint32(at);
    if (ascii(png, at + 4, at + 8) === 'IDAT') data = Uint8Array.from([...data, ...png.subarray(at + 8, at + 8 + size)]);
    at += size + 12;
  }
  const inflated = new Response(data).body!.pipeThrough(new DecompressionStream('deflate'));
  return (await new Response(inflated).arrayBuffer()).byteLength;
}

describe('a file of the sandbox', () => {
  it('is a PNG of the size that was asked for, and another one for another prompt', async () => {
    const png = await makePng(320, 200, 1);
    expect([view(png).getUint32(16), view(png).getUint32(20)]).toEqual([320, 200]);
    expect(await pixelsOf(png)).toBe(200 * 321);
    expect(await makePng(320, 200, 2)).not.toEqual(png);
  });

  it('is an MP4 whose tables say what is in it, as long as was asked for', () => {
    const mp4 = makeMp4(3, '16:9', 7);
    const boxes = boxesOf(mp4);
    const read = (name: string, offset: number): number => view(mp4).getUint32(boxes.get(name)!.from + offset);
    expect(read('/moov/mvhd', 16) / read('/moov/mvhd', 12)).toBe(3);
    const sizes = '/moov/trak/mdia/minf/stbl/stsz';
    const samples = read(sizes, 8);
    expect(samples).toBe(12);
    const total = Array.from({ length: samples }, (_, index) => read(sizes, 12 + 4 * index)).reduce((sum, size) => sum + size, 0);
    const media = boxes.get('/mdat')!;
    expect(media.to - media.from).toBe(total);
    expect(read('/moov/trak/mdia/minf/stbl/stco', 8)).toBe(media.from);
    expect(media.to).toBe(mp4.byteLength);
    // The first sample is a key frame, the second is not.
    expect(mp4[media.from + 4]! & 0x1f).toBe(5);
    expect(mp4[media.from + read(sizes, 12) + 4]! & 0x1f).toBe(1);
  });

  it('is a WAV of the right length, and a GLB whose parts add up', () => {
    const wav = makeWav(1.5, 3);
    expect(view(wav).getUint32(4, true)).toBe(wav.byteLength - 8);
    expect(view(wav).getUint32(40, true)).toBe(1.5 * 16_000 * 2);
    const glb = makeGlb(3);
    expect(view(glb).getUint32(8, true)).toBe(glb.byteLength);
    const jsonBytes = view(glb).getUint32(12, true);
    const scene = JSON.parse(ascii(glb, 20, 20 + jsonBytes)) as { buffers: { byteLength: number }[] };
    expect(view(glb).getUint32(20 + jsonBytes, true)).toBe(scene.buffers[0]!.byteLength);
  });
});

describe('a job of the sandbox', () => {
  const plan = (prompt: string) => planSandboxJob({ kind: 'video', model: 'm', input: { prompt, durationSeconds: 8 } }, 1_000);

  it('is written in its id', () => {
    const job = plan('a cat') as SandboxJob;
    expect(readJobId(jobId(job))).toEqual(job);
    for (const id of ['', 'sbx_', 'sbx_!!', 'up0']) expect(readJobId(id)).toBeUndefined();
  });

  it('is canceled by itself, not with another like it that began in the same instant', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const ask = async (path: string, body = '', method = 'POST') => {
      const url = `https://sandbox.invalid/v1/media/jobs${path}`;
      const answer = await serveMedia({ method, url, headers: {}, body, signal: new AbortController().signal });
      return answer.json<{ id: string; status: string }>();
    };
    const film = JSON.stringify({ kind: 'video', model: 'm', input: { prompt: 'sandbox:hang' } });
    const [one, other] = await Promise.all([ask('', film), ask('', film)]);
    expect(await ask(`/${one.id}/cancel`)).toMatchObject({ status: 'canceled' });
    expect(await ask(`/${one.id}`, '', 'GET')).toMatchObject({ status: 'canceled' });
    expect(await ask(`/${other.id}`, '', 'GET')).toMatchObject({ status: 'running' });
    vi.useRealTimers();
  });

  it('does what its words ask for', () => {
    expect(plan('sandbox:status=429')).toEqual({ status: 429 });
    expect(plan('a cat')).toMatchObject({ ends: 'done', seconds: 8, runsMs: 2_000 });
    expect(plan('sandbox:fail sandbox:delay=1.5s')).toMatchObject({ ends: 'failed', runsMs: 1_500 });
    expect(plan('Sandbox:HANG sandbox:seconds=3.')).toMatchObject({ ends: 'never', seconds: 3 });
    expect(readMediaMagic('https://sandbox:fail@example.com sandbox:nothing=1 sandbox:files=x')).toEqual({});
  });

  it('knows the words of its guide, and no others', () => {
    const written = [...guide.matchAll(/^\| `sandbox:(\w+)/gm)].map(([, word]) => word!);
    expect(written.sort()).toEqual([...MEDIA_MAGIC_WORDS].sort());
  });
});
