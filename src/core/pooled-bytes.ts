/** Below it a text costs less to hold than its bytes. */
const LEAST_BYTES = 32_768;
/** Larger bodies are rare, and each would have to have a place of its own. */
const MOST_BYTES = 1_048_576;
/** Of the 128 MB of an isolate, what may lie idle until the next body comes. */
const MOST_IDLE_BYTES = 8_388_608;

const idle = new Map<number, ArrayBuffer[]>();
let idleBytes = 0;

/** Powers of two, so that one place fits many bodies. */
const placeOf = (length: number): number => 2 ** Math.ceil(Math.log2(length));

function take(length: number): ArrayBuffer {
  const size = placeOf(length);
  const buffer = idle.get(size)?.pop();
  if (buffer) idleBytes -= size;
  return buffer ?? new ArrayBuffer(size);
}

/** Known once a body was read; until then nothing is used again. */
let requestsCopy: boolean | undefined;

/**
 * Does a request copy the bytes that it is made of? workerd does, but promises it nowhere. If it did not, what is still
 * being sent would change with the next body in the same memory, and with it somebody's prompt.
 */
async function doRequestsCopy(): Promise<boolean> {
  const bytes = new Uint8Array(LEAST_BYTES).fill(1);
  const request = new Request('https://nobody.invalid/', { method: 'POST', body: bytes });
  bytes.fill(2);
  return new Uint8Array(await request.arrayBuffer()).every((byte) => byte === 1);
}

function giveBack(buffer: ArrayBuffer): void {
  if (!requestsCopy) return;
  const size = buffer.byteLength;
  if (idleBytes + size > MOST_IDLE_BYTES) return;
  idleBytes += size;
  const alike = idle.get(size);
  if (alike) alike.push(buffer);
  else idle.set(size, [buffer]);
}

/**
 * Bytes in memory that is used again. A large text that is held on the heap while its call waits has pages of its own
 * there, which are mapped, faulted in, moved to the old generation and unmapped for this one call: that doubles what the
 * call costs (docs/decisions/0014-text-on-the-way.md).
 */
export class PooledBytes {
  private constructor(
    private buffer: ArrayBuffer | undefined,
    private readonly length: number,
  ) {}

  static isWorthwhile(length: number): boolean {
    return length >= LEAST_BYTES && length <= MOST_BYTES;
  }

  /** A body of a known length, which `isWorthwhile`; undefined where it breaks off before its end. */
  static async read(body: ReadableStream<Uint8Array>, length: number): Promise<PooledBytes | undefined> {
    requestsCopy ??= await doRequestsCopy();
    const reader = body.getReader({ mode: 'byob' });
    const { value } = await reader.readAtLeast(length, new Uint8Array(take(length), 0, length));
    return value?.byteLength === length ? new PooledBytes(value.buffer as ArrayBuffer, length) : undefined;
  }

  /** @param fill Writes the bytes and returns how many there are; undefined where they find no room. */
  static filled(mostBytes: number, fill: (room: Uint8Array) => number | undefined): PooledBytes | undefined {
    const buffer = take(mostBytes);
    const length = fill(new Uint8Array(buffer, 0, mostBytes));
    if (length !== undefined) return new PooledBytes(buffer, length);
    giveBack(buffer);
    return undefined;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    if (!this.buffer) throw new Error('the bytes were freed');
    return new Uint8Array(this.buffer, 0, this.length);
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  /** They are somebody else's from here on, but for requests that were made of them. */
  free(): void {
    if (this.buffer) giveBack(this.buffer);
    this.buffer = undefined;
  }
}
