import { describe, expect, it } from 'vitest';
import { fishAudioMedia as fish } from '../../../../src/providers/fish-audio/media';
import { pack, packable } from '../../../../src/providers/fish-audio/msgpack';
import type { MediaInput } from '../../../../src/providers/media/types';
import { answer, htmlAnswer, shown, speech, submission } from './support';

const MODEL = 's2.1-pro';
const VOICE = '802e3bc2b27e49c2995d23ef70e6ac89';
const recording = { bytes: Uint8Array.of(1, 2, 3), contentType: 'audio/wav' };
const clone: MediaInput = { kind: 'clone', text: 'Hi', reference: recording, referenceText: 'Yo', format: 'wav', extra: {} };
const asr: MediaInput = { kind: 'asr', audio: recording, language: 'en', extra: {} };

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const latin = (text: string): string => hex(new TextEncoder().encode(text));

describe('submit', () => {
  it('asks for speech, with tags in the form that the model reads', () => {
    const input = speech({
      text: '(happy) Hello.',
      voice: VOICE,
      speed: 1.5,
      format: 'opus',
      extra: { sample_rate: 24_000, prosody: { volume: 3 } },
    });
    expect(shown(fish.submit(submission(MODEL, input)))).toMatchInlineSnapshot(`
      {
        "body": {
          "format": "opus",
          "prosody": {
            "speed": 1.5,
            "volume": 3,
          },
          "reference_id": "802e3bc2b27e49c2995d23ef70e6ac89",
          "sample_rate": 24000,
          "text": "[happy] Hello.",
        },
        "headers": {
          "model": "s2.1-pro",
        },
        "url": "/v1/tts",
      }
    `);
  });

  it.each([
    ['(happy) Hello!', '[happy] Hello!'],
    ['(excited)(laughing) Amazing!', '[excited][laughing] Amazing!'],
    ['(Sad) I miss you. (in a hurry tone) Bye.', '[Sad] I miss you. [in a hurry tone] Bye.'],
    ['(very happy) Oh!', '[very happy] Oh!'],
    ['Call me (after six) at (555) 0100, (happy hour) included.', 'Call me (after six) at (555) 0100, (happy hour) included.'],
    ['[whispering] as it came', '[whispering] as it came'],
  ])('reads %j as %j, and leaves it to the first generation as it is', (text, expected) => {
    const textOf = (model: string) => (JSON.parse(String(fish.submit(submission(model, speech({ text }))).body)) as { text: string }).text;
    expect(textOf('s2.1-pro')).toBe(expected);
    expect(textOf('s1')).toBe(text);
  });

  it("takes the usual voice for names of others' voices", () => {
    const body = JSON.parse(
      String(fish.submit(submission(MODEL, speech({ voice: 'en_male_calm' }), { defaults: { latency: 'balanced' } })).body),
    );
    expect(body).toEqual({ latency: 'balanced', text: 'Hello.', format: 'mp3' });
  });

  it('sends the recording of a voice as bytes', () => {
    const { url, headers, body } = fish.submit(submission(MODEL, clone));
    expect({ url, headers }).toEqual({ url: '/v1/tts', headers: { model: MODEL, 'content-type': 'application/msgpack' } });
    // {text: "Hi", format: "wav", references: [{audio: <3 bytes>, text: "Yo"}]}
    const reference = `82${'a5'}${latin('audio')}c600000003010203a4${latin('text')}a2${latin('Yo')}`;
    expect(hex(body as Uint8Array)).toBe(
      `83a4${latin('text')}a2${latin('Hi')}a6${latin('format')}a3${latin('wav')}aa${latin('references')}91${reference}`,
    );
  });

  it('speaks with a cloned voice as fast as any other', () => {
    const { body } = fish.submit(submission(MODEL, { ...clone, speed: 1.5 }));
    expect(hex(body as Uint8Array)).toContain(`a7${latin('prosody')}81a5${latin('speed')}cb3ff8000000000000`);
  });

  it('asks for a transcript with times', async () => {
    const { url, headers, body } = fish.submit(submission('transcribe-1', asr));
    const form = body as FormData;
    expect({ url, headers, fields: [...form.keys()] }).toEqual({
      url: '/v1/asr',
      headers: undefined,
      fields: ['audio', 'language', 'ignore_timestamps'],
    });
    expect(new Uint8Array(await (form.get('audio') as File).arrayBuffer())).toEqual(recording.bytes);
    expect([form.get('language'), form.get('ignore_timestamps')]).toEqual(['en', 'false']);
  });
});

describe('MessagePack', () => {
  it.each([
    [null, 'c0'],
    [true, 'c3'],
    [127, '7f'],
    [24_000, 'd200005dc0'],
    [-1_000, 'd2fffffc18'],
    [0.7, 'cb3fe6666666666666'],
    ['', 'a0'],
    ['ü', 'a2c3bc'],
    [[1, [2]], '92019102'],
    [{ a: undefined, b: false }, '81a162c2'],
  ])('packs %j', (value, packed) => {
    expect(hex(pack(value))).toBe(packed);
  });

  it('packs what is long', () => {
    expect(hex(pack('x'.repeat(32))).slice(0, 6)).toBe('da0020');
    expect(hex(pack('x'.repeat(70_000))).slice(0, 10)).toBe('db00011170');
    expect(hex(pack(Array.from({ length: 16 }, () => 0))).slice(0, 6)).toBe('dc0010');
    expect(hex(pack(new Uint8Array(300))).slice(0, 10)).toBe('c60000012c');
    expect(packable({ a: () => 1, b: [undefined] })).toEqual({ b: [null] });
  });
});

describe('the answer', () => {
  const read = (given: ReturnType<typeof answer>, input: MediaInput = speech()) => fish.readSubmit(given, submission(MODEL, input));
  const sound = Uint8Array.of(0xff, 0xfb, 0x90);

  it('is the sound', () => {
    expect(read(answer(200, sound, 'audio/mpeg'))).toEqual({
      state: 'done',
      result: { files: [{ bytes: sound, contentType: 'audio/mpeg' }] },
    });
    expect(read(answer(200, sound, 'application/octet-stream'), speech({ format: 'pcm' }))).toMatchObject({
      result: { files: [{ contentType: 'audio/pcm' }] },
    });
    for (const said of ['audio/x-wav', 'application/octet-stream'])
      expect(read(answer(200, sound, said), clone)).toMatchObject({ result: { files: [{ contentType: 'audio/wav' }] } });
  });

  it('is the transcript', () => {
    const segments = [{ text: 'Hello.', start: 0, end: 0.8 }];
    expect(read(answer(200, { text: 'Hello.', duration: 0.9, segments }), asr)).toEqual({
      state: 'done',
      result: { files: [], transcript: { text: 'Hello.', durationSeconds: 0.9, segments } },
    });
    expect(read(answer(200, { text: '', duration: 2, segments: [] }), asr)).toMatchObject({ result: { transcript: { text: '' } } });
  });

  it.each([
    ['a bad key', 401, { status: 401, message: 'Invalid Token' }, 'next_key', false],
    ['no money', 402, { status: 402, message: 'Insufficient credits' }, 'next_key', false],
    ['an unknown voice', 404, { status: 404, message: 'Voice not found' }, 'caller', false],
    ['a bad voice', 400, { status: 400, message: 'Reference not found' }, 'caller', false],
    ['a bad field', 422, [{ loc: ['body', 'format'], type: 'enum', msg: 'Input should be wav, pcm, mp3 or opus' }], 'caller', false],
    ['too many requests', 429, { status: 429, message: 'Too many requests' }, 'backoff_key', false],
    ['a fault', 500, { status: 500, message: 'Internal Server Error' }, 'retry', false],
    ['JSON for a sound', 200, { message: 'no' }, 'next_target', true],
    ['no sound', 200, new Uint8Array(), 'next_target', true],
  ])('may be a failure: %s', (_, status, body, action, mayHaveStarted) => {
    expect(read(answer(status, body))).toMatchObject({ state: 'failed', failure: { action, mayHaveStarted } });
  });

  it('may be no transcript, or be lost on its way', () => {
    expect(read(answer(200, { duration: 2 }), asr)).toMatchObject({ state: 'failed', failure: { mayHaveStarted: true } });
    expect(read(htmlAnswer(504))).toMatchObject({ state: 'failed', failure: { mayHaveStarted: true } });
  });

  it.each([
    ['a page', htmlAnswer(200)],
    ['half of some JSON', answer(200, '{"message":"the serv')],
  ])('is no sound with the status of success alone: %s', (_, given) => {
    expect(read(given)).toMatchObject({ state: 'failed', failure: { mayHaveStarted: true } });
    expect(read(given, clone)).toMatchObject({ state: 'failed', failure: { mayHaveStarted: true } });
  });
});
