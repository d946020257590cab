// Images and audio with the unmodified official clients.
import { Buffer } from 'node:buffer';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { FinishReason } from '@google/genai';
import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { OpenRouter } from '@openrouter/sdk';
import { generateImage, generateText, experimental_generateVideo as generateVideo } from 'ai';
import type OpenAI from 'openai';
import { AzureOpenAI, toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Account } from './support/account';
import { connectGenai, GENAI } from './support/genai';
import { openMediaAccount } from './support/media';
import { connect, MAJORS } from './support/sdk';
import { until } from './support/wait';
import { Worker } from './support/worker';

let worker: Worker;
let account: Account;
beforeAll(async () => {
  worker = await Worker.shared();
  account = await openMediaAccount(worker);
});
afterAll(() => worker?.stop());

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const isPng = (base64: string | undefined): boolean =>
  Buffer.from(base64 ?? '', 'base64')
    .subarray(1, 4)
    .toString() === 'PNG';

/** The AI SDK's own fetches nothing from this machine. */
const downloadFilm = async ({ url }: { url: URL }) => ({
  data: new Uint8Array(await (await fetch(url)).arrayBuffer()),
  mediaType: 'video/mp4',
});

const eventsIn = (text: string): Record<string, unknown>[] =>
  text.split('\n\n').flatMap((event) => {
    const data = /^data: (\{.*)$/m.exec(event)?.[1];
    return data === undefined ? [] : [JSON.parse(data) as Record<string, unknown>];
  });

describe.concurrent.each(MAJORS)('openai $major', ({ Client }) => {
  it('makes images, by URL or as base64', async () => {
    const { client } = connect(Client, account);
    const both = await client.images.generate({ model: 'gpt-image-2', prompt: 'a cat', size: '1024x1024' as never });
    expect(isPng(both.data?.[0]?.b64_json)).toBe(true);
    expect(both.data?.[0]?.url).toMatch(/\.png$/);
    const inline = await client.images.generate({ model: 'nano_banana', prompt: 'a cat', response_format: 'b64_json', n: 2 });
    expect(inline.data?.map(({ b64_json }) => isPng(b64_json))).toEqual([true, true]);
    const linked = await client.images.generate({ model: 'nano_banana', prompt: 'a cat' });
    expect(linked.data?.[0]).toEqual({ url: expect.any(String) });
  });

  it('streams images with their states on the way, and the error of one that fails', async () => {
    const { client } = connect(Client, account);
    const types: string[] = [];
    const indexes: number[] = [];
    const sizes: number[] = [];
    const asked0 = { model: 'gpt-image-2', prompt: 'a cat', size: '1024x1024', stream: true, partial_images: 2 } as const;
    for await (const event of await client.images.generate(asked0)) {
      types.push(event.type);
      if (event.type === 'image_generation.partial_image') indexes.push(event.partial_image_index);
      expect(event).toMatchObject({ created_at: expect.any(Number), size: '1024x1024', output_format: 'png' });
      expect(isPng(event.b64_json)).toBe(true);
      sizes.push(event.b64_json.length);
    }
    expect(types).toEqual(['image_generation.partial_image', 'image_generation.partial_image', 'image_generation.completed']);
    expect(indexes).toEqual([0, 1]);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    types.length = 0;
    for await (const event of await client.images.generate({ model: 'gpt-image-2', prompt: 'a cat', stream: true })) types.push(event.type);
    expect(types).toEqual(['image_generation.completed']);
    const upload = await toFile(PNG, 'a.png', { type: 'image/png' });
    types.length = 0;
    const editing = { model: 'gpt-image-2', prompt: 'it', image: upload, stream: true, partial_images: 1 } as const;
    for await (const event of await client.images.edit(editing)) types.push(event.type);
    expect(types).toEqual(['image_edit.partial_image', 'image_edit.completed']);
    types.length = 0;
    const asked = client.images.generate(
      { model: 'nano_banana', prompt: 'sandbox:fail sandbox:delay=9s', stream: true },
      { maxRetries: 0 },
    );
    const failed = (async () => {
      for await (const event of await asked) types.push(event.type);
    })();
    await expect(failed).rejects.toThrow();
    expect(types).toEqual([]);
  });

  it('makes films, which it polls and fetches', async () => {
    const { client } = connect(Client, account);
    // Older majors have no films.
    const { videos } = client as unknown as { videos?: OpenAI['videos'] };
    if (!videos) return;
    const input_reference = await toFile(PNG, 'first.png', { type: 'image/png' });
    const asked = { model: 'veo3.1-fast' as never, prompt: 'waves', seconds: '8', size: '720x1280', input_reference } as const;
    const begun = await videos.create(asked);
    expect(begun).toMatchObject({ object: 'video', model: 'veo3.1-fast', prompt: 'waves', seconds: '8', size: '720x1280' });
    expect(['queued', 'in_progress']).toContain(begun.status);
    const film = await until('the film', async () => {
      const present = await videos.retrieve(begun.id);
      return present.status === 'completed' && present;
    });
    expect(film).toMatchObject({ id: begun.id, progress: 100, completed_at: expect.any(Number) });
    const content = await videos.downloadContent(begun.id);
    expect([content.headers.get('content-type'), (await content.arrayBuffer()).byteLength > 100]).toEqual(['video/mp4', true]);
    // Whoever knows the id must not have it from a cache on the way.
    expect(content.headers.get('cache-control')).toBe('private, no-cache');
    const stored = videos.create({ ...asked, input_reference: { file_id: 'file_1' } });
    await expect(stored).rejects.toMatchObject({ status: 400, param: 'input_reference' });
    const { id } = await videos.create({ ...asked, prompt: 'sandbox:fail sandbox:delay=900ms' });
    await expect(videos.downloadContent(id)).rejects.toThrow(/not there yet/);
    const failed = await until('its failure', async () => {
      const present = await videos.retrieve(id);
      return present.status === 'failed' && present;
    });
    expect(failed.error!.message).toMatch(/sandbox:fail/);
    const listed: string[] = [];
    for await (const one of videos.list({ limit: 1 })) {
      listed.push(one.id);
      if (one.id === begun.id) break;
    }
    expect(listed).toContain(id);
    await expect(videos.retrieve('job_of_nobody')).rejects.toThrow(/Job not found/);
    expect(await videos.delete(begun.id)).toEqual({ id: begun.id, object: 'video.deleted', deleted: true });
    await expect(videos.downloadContent(begun.id)).rejects.toMatchObject({ status: 410 });
    expect(await videos.retrieve(begun.id)).toMatchObject({ status: 'completed', prompt: null });
  });

  it('edits images that it uploads', async () => {
    const { client } = connect(Client, account);
    const image = [await toFile(PNG, 'a.png', { type: 'image/png' }), await toFile(PNG, 'b.png', { type: 'image/png' })];
    const edited = await client.images.edit({ model: 'gemini-3-1-flash-t2i', prompt: 'both of them', image });
    expect(edited.data).toHaveLength(1);
    const inline = await client.images.edit({ model: 'gpt-image-2', prompt: 'it', image: image[0]! });
    expect(isPng(inline.data?.[0]?.b64_json)).toBe(true);
    const tooMany = Array.from({ length: 5 }, () => image[0]!);
    const refused = await client.images.edit({ model: 'gpt-image-2', prompt: 'it', image: tooMany }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 400, param: 'image' });
  });

  it('speaks', async () => {
    const { client } = connect(Client, account);
    const spoken = await client.audio.speech.create({ model: 'audio-tts', voice: 'alloy', input: 'Hello there.' });
    expect(
      Buffer.from(await spoken.arrayBuffer())
        .subarray(0, 4)
        .toString(),
    ).toBe('RIFF');
  });

  it('speaks in events, which together are the file', async () => {
    const { client } = connect(Client, account);
    const asked = { model: 'audio-tts', voice: 'alloy', input: 'Hello there, whoever you are.', stream_format: 'sse' } as const;
    const spoken = await client.audio.speech.create(asked);
    expect(spoken.headers.get('content-type')).toBe('text/event-stream');
    const events = eventsIn(await spoken.text());
    const pieces = events.filter(({ type }) => type === 'speech.audio.delta').map(({ audio }) => Buffer.from(String(audio), 'base64'));
    const whole = await client.audio.speech.create({ ...asked, stream_format: 'audio' });
    expect(Buffer.concat(pieces).equals(Buffer.from(await whole.arrayBuffer()))).toBe(true);
    expect(pieces.length).toBeGreaterThan(1);
    expect(events.at(-1)).toMatchObject({ type: 'speech.audio.done', creditsUsed: 2 });
  });

  it('hears in events, and tells of a failure', async () => {
    const { client } = connect(Client, account);
    const file = await toFile(PNG, 'a.mp3', { type: 'audio/mpeg' });
    const events: { type: string; text?: string }[] = [];
    for await (const event of await client.audio.transcriptions.create({ model: 'audio-asr', file, stream: true })) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(['transcript.text.delta', 'transcript.text.done']);
    expect(events[1]!.text).toContain('Hello');
    const failing = { model: 'audio-asr', file, language: 'sandbox:fail', stream: true } as const;
    await expect(client.audio.transcriptions.create(failing, { maxRetries: 0 })).rejects.toThrow('sandbox:fail');
  });

  it('hears, in each format', async () => {
    const { client } = connect(Client, account);
    const file = await toFile(PNG, 'a.mp3', { type: 'audio/mpeg' });
    const heard = await client.audio.transcriptions.create({ model: 'audio-asr', file });
    expect(heard.text).toContain('Hello');
    const verbose = await client.audio.transcriptions.create({ model: 'audio-asr', file, response_format: 'verbose_json' });
    expect(verbose.segments).toHaveLength(2);
    const srt = await client.audio.transcriptions.create({ model: 'audio-asr', file, response_format: 'srt' });
    expect(String(srt)).toContain('00:00:00,900 --> 00:00:02,500');
  });
});

it("makes and edits pictures for Azure's client, whose path names the model", async () => {
  const client = new AzureOpenAI({
    endpoint: worker.url,
    apiKey: account.key,
    apiVersion: '2025-04-01-preview',
    deployment: 'gpt-image-2',
  });
  const model = 'what-the-body-says';
  const made = await client.images.generate({ model, prompt: 'a cat' });
  const edited = await client.images.edit({ model, prompt: 'it', image: await toFile(PNG, 'a.png', { type: 'image/png' }) });
  expect([made, edited].map(({ data }) => isPng(data?.[0]?.b64_json))).toEqual([true, true]);
});

it('hears for the AI SDK, which looks at all of a segment', async () => {
  const openai = createOpenAI({ apiKey: account.key, baseURL: account.baseUrl });
  const heard = await openai.transcription('audio-asr').doGenerate({
    audio: PNG,
    mediaType: 'audio/mpeg',
    providerOptions: { openai: { responseFormat: 'verbose_json' } },
  });
  expect(heard.segments).toHaveLength(2);
  expect(heard.durationInSeconds).toBe(2.5);
});

describe.concurrent("Google's clients", () => {
  const SECOND = PNG.toString('base64');
  const origin = () => account.baseUrl.replace(/\/v1$/, '');

  describe.each(GENAI)('genai $version', ({ Client }) => {
    it('makes pictures by generateContent, of words and of other pictures', async () => {
      const client = connectGenai(Client, account);
      const answer = await client.models.generateContent({
        model: 'gemini-2.5-flash-image',
        contents: [{ text: 'a cat' }, { inlineData: { mimeType: 'image/png', data: SECOND } }],
        config: { candidateCount: 2, imageConfig: { aspectRatio: '16:9' }, temperature: 0.5 },
      });
      expect(answer.candidates!.map(({ content }) => isPng(content!.parts![0]!.inlineData!.data))).toEqual([true, true]);
      expect(isPng(answer.data)).toBe(true);
      expect(answer.candidates![0]!.finishReason).toBe(FinishReason.STOP);
      expect(answer.usageMetadata).toEqual({ creditsUsed: 4.8 });
      expect(answer.modelVersion).toBe('gemini-2.5-flash-image-preview');
    });

    it('goes on with a picture in a chat', async () => {
      const chat = connectGenai(Client, account).chats.create({ model: 'gemini-3.1-flash-image' });
      expect(isPng((await chat.sendMessage({ message: 'a cat' })).data)).toBe(true);
      const stream = await chat.sendMessageStream({ message: 'now in red sandbox:delay=1200ms' });
      const parts: string[] = [];
      for await (const chunk of stream)
        parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []).flatMap(({ inlineData }) => inlineData?.data ?? []));
      expect(parts.map(isPng)).toEqual([true]);
      expect(chat.getHistory()).toHaveLength(4);
    });

    it('hears why there is no picture', async () => {
      const { models } = connectGenai(Client, account);
      const refused = models.generateContent({
        model: 'gemini-3-pro-image',
        contents: 'a cat',
        config: { imageConfig: { imageSize: '8K' } },
      });
      await expect(refused).rejects.toThrow(/generationConfig.imageConfig.imageSize.*1K, 2K/);
      await expect(models.generateContent({ model: 'nano_banana', contents: 'sandbox:fail' })).rejects.toMatchObject({ status: 502 });
      const streamed = async () => {
        for await (const _ of await models.generateContentStream({ model: 'nano_banana', contents: 'sandbox:fail sandbox:delay=9s' }));
      };
      await expect(streamed()).rejects.toThrow(/The sandbox was asked to fail/);
    });
  });

  // The current major has them for another service of Google's alone.
  describe.each(GENAI.filter(({ version }) => version.startsWith('1.')))('genai $version', ({ Client }) => {
    it('makes films, which it polls and downloads, as a later major does', async () => {
      const client = connectGenai(Client, account);
      const begun = await client.models.generateVideos({
        model: 'veo-3.1-fast-generate-preview',
        source: { prompt: 'waves', image: { imageBytes: SECOND, mimeType: 'image/png' } },
        config: { aspectRatio: '9:16', durationSeconds: 8, numberOfVideos: 1, lastFrame: { imageBytes: SECOND, mimeType: 'image/png' } },
      });
      expect(begun).toMatchObject({ name: expect.stringMatching(/^models\/veo3.1-fast\/operations\/job_/), metadata: { creditsUsed: 16 } });
      expect(begun.done).toBeUndefined();
      const film = await until('the film', async () => {
        const present = await client.operations.getVideosOperation({ operation: begun });
        return present.done && present;
      });
      const [generated] = film.response!.generatedVideos!;
      expect(generated!.video!.mimeType).toBe('video/mp4');
      for (const { Client: Any } of GENAI) {
        const downloadPath = join(await mkdtemp(join(tmpdir(), 'film-')), 'film.mp4');
        await connectGenai(Any, account).files.download({ file: generated!, downloadPath });
        expect((await readFile(downloadPath)).subarray(4, 8).toString()).toBe('ftyp');
        await rm(dirname(downloadPath), { recursive: true });
      }
    });

    it('hears why there is no film', async () => {
      const { models, operations } = connectGenai(Client, account);
      const asked = { model: 'veo-3.1-generate-preview', source: { prompt: 'sandbox:fail' } };
      const refused = models.generateVideos({ ...asked, config: { resolution: '4k' } });
      await expect(refused).rejects.toThrow(/parameters.resolution.*1080p at most/);
      const operation = await models.generateVideos(asked);
      const failed = await until('its failure', async () => {
        const present = await operations.getVideosOperation({ operation });
        return present.done && present;
      });
      expect(failed).toMatchObject({ metadata: { creditsUsed: 0 }, error: { code: 14, message: expect.stringContaining('sandbox:fail') } });
      operation.name = 'models/veo3.1-quality/operations/job_of_nobody';
      await expect(operations.getVideosOperation({ operation })).rejects.toMatchObject({
        status: 404,
        message: expect.stringContaining('"status":"NOT_FOUND"'),
      });
    });

    it('makes pictures by predict', async () => {
      const { models } = connectGenai(Client, account);
      const asked = { model: 'gemini-3-pro-image', prompt: 'a cat' };
      const { generatedImages } = await models.generateImages({ ...asked, config: { numberOfImages: 2, aspectRatio: '1:1' } });
      expect(generatedImages!.map(({ image }) => [image!.mimeType, isPng(image!.imageBytes)])).toEqual([
        ['image/png', true],
        ['image/png', true],
      ]);
      await expect(models.generateImages({ ...asked, config: { imageSize: '8K' } })).rejects.toThrow(/parameters.sampleImageSize.*1K, 2K/);
      await expect(models.generateImages({ ...asked, model: 'gpt-5.5' })).rejects.toThrow(/not served here; use/);
    });
  });

  it('get no film before it is there, and none that is not theirs', async () => {
    const at = (path: string, key = account.key) => fetch(origin() + path, { headers: { 'x-goog-api-key': key } });
    const begun = await fetch(`${origin()}/v1beta/models/veo3.1-fast:predictLongRunning?key=${account.key}`, {
      method: 'POST',
      body: JSON.stringify({ instances: [{ prompt: 'sandbox:hang' }] }),
    });
    const { name } = (await begun.json()) as { name: string };
    const id = name.split('/').at(-1)!;
    const file = `/v1beta/files/${Buffer.from(id).toString('hex')}:download?alt=media`;
    const named = async (response: Promise<Response>) => {
      const { error } = (await (await response).json()) as { error: { status: string } };
      return error.status;
    };
    expect(await named(at(file))).toBe('ABORTED');
    const stranger = await openMediaAccount(worker);
    for (const path of [file, `/v1beta/${name}`]) expect(await named(at(path, stranger.key))).toBe('NOT_FOUND');
    for (const path of [file, `/v1beta/${name}`]) expect(await named(at(path, 'ck_none'))).toBe('UNAUTHENTICATED');
    await fetch(`${account.baseUrl}/jobs/${id}/cancel`, { method: 'POST', headers: { authorization: `Bearer ${account.key}` } });
    const canceled = await until('its end', async () => {
      const operation = (await (await at(`/v1beta/${name}`)).json()) as { done?: boolean; error?: { code: number } };
      return operation.done && operation;
    });
    expect(canceled.error!.code).toBe(1);
  });

  it('streams a picture as an array where nobody asks for events', async () => {
    const response = await fetch(`${origin()}/v1beta/models/nano_banana:streamGenerateContent?key=${account.key}`, {
      method: 'POST',
      body: JSON.stringify({ contents: [{ parts: [{ text: 'a cat' }] }] }),
    });
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const [chunk, ...others] = (await response.json()) as { candidates: { content: { parts: { inlineData: { data: string } }[] } }[] }[];
    expect([isPng(chunk!.candidates[0]!.content.parts[0]!.inlineData.data), others]).toEqual([true, []]);
  });

  it('repeats no picture for a model that was not asked for', async () => {
    const ask = async (model: string) => {
      const headers = { 'x-goog-api-key': account.key, 'idempotency-key': 'the same one' };
      const body = JSON.stringify({ contents: [{ parts: [{ text: 'a cat' }] }] });
      const response = await fetch(`${origin()}/v1beta/models/${model}:generateContent`, { method: 'POST', headers, body });
      const { responseId, error } = (await response.json()) as { responseId?: string; error?: { status: string } };
      return { status: response.status, responseId, named: error?.status };
    };
    const first = await ask('nano_banana');
    expect(first.status).toBe(200);
    expect(await ask('nano_banana')).toEqual(first);
    expect(await ask('nano_banana_2')).toEqual({ status: 422, responseId: undefined, named: 'INVALID_ARGUMENT' });
  });

  it('are the AI SDK too', async () => {
    const google = createGoogleGenerativeAI({ apiKey: account.key, baseURL: `${origin()}/v1beta` });
    const { files } = await generateText({ model: google('nano_banana'), prompt: 'a cat', maxRetries: 0 });
    expect(files.map(({ mediaType, base64 }) => [mediaType, isPng(base64)])).toEqual([['image/png', true]]);
    const model = google.video('veo-3.1-generate-preview');
    const options = { model, prompt: 'waves', resolution: '1280x720', poll: { intervalMs: 100 }, download: downloadFilm } as const;
    const { videos } = await generateVideo({ ...options, duration: 8, maxRetries: 0 });
    expect(videos.map(({ mediaType, uint8Array }) => [mediaType, uint8Array.byteLength > 100])).toEqual([['video/mp4', true]]);
  });
});

describe.concurrent("OpenRouter's clients", () => {
  const connectSdk = () => new OpenRouter({ apiKey: account.key, serverURL: account.baseUrl, retryConfig: { strategy: 'none' } });
  const prompt = 'a cat';
  const reference = { type: 'image_url' as const, imageUrl: { url: `data:image/png;base64,${PNG.toString('base64')}` } };

  it('make pictures by its SDK, under its names for models', async () => {
    const asked = {
      model: 'google/gemini-3.1-flash-image',
      prompt,
      resolution: '1K' as const,
      inputReferences: [reference],
      sessionId: 's',
    };
    const { data, usage } = (await connectSdk().images.generate({ imageGenerationRequest: asked })) as {
      data: { b64Json: string; mediaType: string }[];
      usage: unknown;
    };
    expect(data.map(({ b64Json, mediaType }) => [isPng(b64Json), mediaType])).toEqual([[true, 'image/png']]);
    expect(usage).toMatchObject({ totalTokens: 0, cost: 0.05 });
  });

  it('stream them, or the reason why there is none', async () => {
    const events = async (fields: Record<string, unknown>) => {
      const asked = { model: 'gpt-image-2', prompt, stream: true, ...fields };
      const stream = (await connectSdk().images.generate({ imageGenerationRequest: asked })) as AsyncIterable<{
        type: string;
        b64Json?: string;
        error?: { message: string };
      }>;
      const found: unknown[] = [];
      for await (const { type, error, b64Json } of stream) found.push([type, error?.message ?? isPng(b64Json)]);
      return found;
    };
    expect(await events({})).toEqual([['image_generation.completed', true]]);
    expect(await events({ prompt: 'sandbox:fail sandbox:delay=9s' })).toEqual([['error', expect.stringContaining('sandbox:fail')]]);
  });

  it('are told what is not served', async () => {
    const asked = { model: 'nano_banana', prompt, provider: { only: ['google'] } };
    await expect(connectSdk().images.generate({ imageGenerationRequest: asked })).rejects.toThrow(/`provider` is not served here/);
    const chat = { model: 'gpt-5.4', prompt };
    await expect(connectSdk().images.generate({ imageGenerationRequest: chat })).rejects.toThrow(/not served here; use/);
  });

  it('make pictures by its provider of the AI SDK', async () => {
    const model = createOpenRouter({ apiKey: account.key, baseURL: account.baseUrl }).imageModel('nano_banana');
    const { images } = await generateImage({ model, prompt: { text: prompt, images: [PNG] }, n: 2, aspectRatio: '1:1', maxRetries: 0 });
    expect(images.map(({ base64 }) => isPng(base64))).toEqual([true, true]);
  });

  it('list what makes pictures and films by its SDK', async () => {
    const { images, videoGeneration } = connectSdk();
    const pictures = await images.listModels();
    const gpt = pictures.data.find(({ id }) => id === 'gpt-image-2')!;
    expect(gpt.supportedParameters).toMatchObject({
      n: { type: 'range', min: 1, max: 10 },
      resolution: { type: 'enum', values: ['1K', '2K', '4K'] },
      input_references: { type: 'range', min: 0, max: 4 },
    });
    expect(pictures.data.map(({ id }) => id)).not.toContain('veo3.1-fast');
    const { id, endpoints } = await images.listModelEndpoints({ author: 'openai', slug: 'gpt-image-2' });
    expect([id, endpoints]).toMatchObject([
      'gpt-image-2',
      [
        {
          providerName: 'OpenAI',
          supportedParameters: gpt.supportedParameters,
          pricing: [{ billable: 'output_image', unit: 'image', costUsd: 0.03, variant: '1K' }, { variant: '2K' }, { variant: '4K' }],
        },
      ],
    ]);
    await expect(images.listModelEndpoints({ author: 'google', slug: 'veo3.1-fast' })).rejects.toThrow(/does not exist/);
    const films = await videoGeneration.listVideosModels();
    const veo = films.data.find(({ id }) => id === 'veo3.1-fast')!;
    expect(veo).toMatchObject({
      supportedDurations: [4, 6, 8],
      pricingSkus: { clip: '0.16' },
      supportedFrameImages: ['first_frame', 'last_frame'],
    });
    // Without a price nothing can be called.
    expect(films.data.map(({ id }) => id)).not.toContain('gemini_omni');
  });

  it('make films by its SDK, which polls them', async () => {
    const { videoGeneration } = connectSdk();
    const frame = { ...reference, frameType: 'first_frame' as const };
    const asked = { model: 'veo3.1-fast', prompt: 'waves', duration: 8, aspectRatio: '9:16' as const, frameImages: [frame] };
    const { id, status, pollingUrl } = await videoGeneration.generate({ videoGenerationRequest: asked });
    expect(['pending', 'in_progress']).toContain(status);
    expect(pollingUrl).toMatch(new RegExp(`/v1/videos/${id}$`));
    const film = await until('the film', async () => {
      const present = await videoGeneration.getGeneration({ jobId: id });
      return present.status === 'completed' && present;
    });
    expect(film).toMatchObject({ unsignedUrls: [expect.stringMatching(/\.mp4$/)], usage: { cost: expect.any(Number) } });
    const content = await videoGeneration.getVideoContent({ jobId: id });
    expect((await new Response(content as ReadableStream).arrayBuffer()).byteLength).toBeGreaterThan(100);
  });

  it('make films by its provider of the AI SDK', async () => {
    const openrouter = createOpenRouter({ apiKey: account.key, baseURL: account.baseUrl });
    const model = openrouter.videoModel('veo3.1-fast', { pollIntervalMs: 100 });
    const { videos } = await generateVideo({ model, prompt: 'waves', aspectRatio: '16:9', maxRetries: 0, download: downloadFilm });
    expect(videos.map(({ mediaType, uint8Array }) => [mediaType, uint8Array.byteLength > 100])).toEqual([['video/mp4', true]]);
    const failing = generateVideo({ model, prompt: 'sandbox:fail', maxRetries: 0 });
    await expect(failing).rejects.toThrow(/sandbox:fail/);
  });
});
