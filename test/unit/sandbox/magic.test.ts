import { describe, expect, it } from 'vitest';
import documentation from '../../../docs/sandbox.md?raw';
import { MAGIC_WORDS, readMagic } from '../../../src/providers/sandbox/magic';

describe('magic words', () => {
  it.each([
    ['sandbox:status=429', { status: 429 }],
    ['sandbox:status=503 sandbox:retry-after=2', { status: 503, retryAfterSeconds: 2 }],
    ['sandbox:first=20s', { firstByteMs: 20_000 }],
    ['sandbox:first=1.5s', { firstByteMs: 1500 }],
    ['sandbox:delay=50ms', { delayMs: 50 }],
    ['sandbox:pause=20s@3', { pause: { ms: 20_000, afterChunks: 3 } }],
    ['sandbox:tokens=200', { tokens: 200 }],
    ['sandbox:tokens=0', { tokens: 0 }],
    ['sandbox:cut', { cutAfterChunks: 2 }],
    ['sandbox:cut=0', { cutAfterChunks: 0 }],
    ['sandbox:error', { error: 'first' }],
    ['sandbox:error=3', { error: 3 }],
    ['sandbox:hang sandbox:silent sandbox:html sandbox:empty', { hang: true, silent: true, html: true, empty: true }],
    ['sandbox:no-usage', { usage: 'none' }],
    ['sandbox:zero-usage', { usage: { promptTokens: 0, completionTokens: 0 } }],
    ['sandbox:usage=1000/50', { usage: { promptTokens: 1000, completionTokens: 50 } }],
    ['sandbox:refusal sandbox:length sandbox:reasoning', { refusal: true, length: true, reasoning: true }],
    ['sandbox:crlf sandbox:bom sandbox:comments', { crlf: true, bom: true, comments: true }],
    ['sandbox:tool', { toolCalls: 1 }],
    ['sandbox:tools=3', { toolCalls: 3 }],
  ])('reads %s', (text, expected) => {
    expect(readMagic(text)).toEqual({ ...expected, ignored: [] });
  });

  it.each([
    ['amid a sentence', 'Please fail: sandbox:status=500, then rest.', { status: 500 }],
    ['before a full stop', 'Use sandbox:status=500.', { status: 500 }],
    ['in quotes and brackets', '("sandbox:pause=1s@2")', { pause: { ms: 1000, afterChunks: 2 } }],
    ['in capitals', 'Sandbox:Delay=5MS', { delayMs: 5 }],
    ['on a line of its own', 'Hello\nsandbox:hang\nthere', { hang: true }],
  ])('reads a word %s', (_, text, expected) => {
    expect(readMagic(text)).toEqual({ ...expected, ignored: [] });
  });

  it('lets the last of two words win', () => {
    expect(readMagic('sandbox:status=429 sandbox:status=500')).toMatchObject({ status: 500 });
  });

  it.each(['mysandbox:hang', 'x-sandbox:hang', 'https://sandbox:8080/', 'a/sandbox:hang', 'sandbox: hang', 'the sandbox'])(
    'finds no word in %s',
    (text) => {
      expect(readMagic(text)).toEqual({ ignored: [] });
    },
  );

  it.each([
    'sandbox:nonsense',
    'sandbox:constructor',
    'sandbox:status',
    'sandbox:status=200',
    'sandbox:status=600',
    'sandbox:status=4290',
    'sandbox:delay=50',
    'sandbox:delay=fast',
    'sandbox:pause=20s',
    'sandbox:pause=20s@3@4',
    'sandbox:usage=1000',
    'sandbox:usage=1/2/3',
    'sandbox:tokens',
    'sandbox:tokens=1.5',
    'sandbox:hang=3',
    'sandbox:tool2',
  ])('reports %s as ignored', (word) => {
    expect(readMagic(`Hello ${word} there`)).toEqual({ ignored: [word] });
  });

  it('bounds every wait and size', () => {
    const text = 'sandbox:first=9999s sandbox:delay=99999999ms sandbox:pause=9999s@9999999 sandbox:tokens=9999999 sandbox:tools=9999';
    expect(readMagic(`${text} sandbox:usage=99999999999/5 sandbox:retry-after=999999999`)).toEqual({
      firstByteMs: 600_000,
      delayMs: 600_000,
      pause: { ms: 600_000, afterChunks: 100_000 },
      tokens: 100_000,
      toolCalls: 128,
      usage: { promptTokens: 10_000_000, completionTokens: 5 },
      retryAfterSeconds: 86_400,
      ignored: [],
    });
  });

  it('reports a bounded number of ignored words', () => {
    const ignored = readMagic('sandbox:nonsense '.repeat(1000)).ignored;
    expect(ignored).toHaveLength(5);
  });

  it('is documented, every word of it', () => {
    const documented = [...documentation.matchAll(/^\| `sandbox:([a-z-]+)/gm)].map((match) => match[1]);
    expect([...new Set(documented)].sort()).toEqual([...MAGIC_WORDS].sort());
  });
});
