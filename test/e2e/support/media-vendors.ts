/** Media vendors on a scripted upstream, each with its own shapes of answers. */
import { type Reply, type Seen, Upstream } from './upstream';
import { json } from './wire';
import { type Variables, Worker } from './worker';

export const VENDORS = [
  'openai',
  'google',
  'wavespeed',
  'fal',
  'replicate',
  'fish-audio',
  'runpod',
  'runpod-deployments',
  'custom-mine',
] as const;
type Vendor = (typeof VENDORS)[number] | 'files' | 'hooks';

/** The URL that customers and providers would use; the port it really listens on is not known before it runs. */
export const PUBLIC_URL = 'https://gateway.example';
export const WAVESPEED_SECRET = 'whsec_the-secret-of-wavespeed';

const padded = (start: number[], fill: number): Buffer => Buffer.concat([Buffer.from(start), Buffer.alloc(300, fill)]);
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Each with bytes of its own, so that a copy shows which file it is of. */
export const FILES: Readonly<Record<string, Buffer>> = {
  '1.png': padded(PNG, 1),
  '2.png': padded(PNG, 2),
  'film.mp4': padded([0, 0, 0, 24, ...Buffer.from('ftypisom')], 3),
  'model.glb': padded([...Buffer.from('glTF'), 2, 0, 0, 0], 4),
  'speech.mp3': padded([...Buffer.from('ID3'), 4, 0, 0], 5),
};
export const base64 = (name: string): string => FILES[name]!.toString('base64');

/** A provider that an operator describes in JSON: it accepts our id, so that a submit may be sent twice. */
const MINE = {
  id: 'custom-mine',
  kinds: ['image', 'video'],
  submit: {
    path: '/jobs',
    modelField: 'model',
    referenceField: 'client_id',
    idempotencyHeader: 'idempotency-key',
    fields: { prompt: 'prompt', duration: { name: 'seconds', form: 'number' } },
  },
  answer: { id: 'job.id', status: 'job.state', outputs: 'job.files[].href', error: 'job.problem' },
  poll: { path: '/jobs/{id}' },
  cancel: { path: '/jobs/{id}', method: 'DELETE' },
  models: [{ id: 'vidu-q3-pro', upstreamModel: 'house-film' }],
};

export class Vendors {
  private constructor(
    readonly worker: Worker,
    private readonly upstream: Upstream,
  ) {}

  static async start(more: Variables = {}): Promise<Vendors> {
    const upstream = await Upstream.start();
    const bases = VENDORS.filter((vendor) => vendor !== 'custom-mine' && vendor !== 'runpod-deployments').flatMap((vendor) => {
      const name = vendor.toUpperCase().replaceAll('-', '_');
      return [
        [`${name}_BASE_URL`, upstream.desk(vendor).baseUrl],
        [`${name}_API_KEY`, `the-key-of-${vendor}`],
      ];
    });
    const variables: Variables = {
      LOCAL: '1',
      PRIVATE_ADDRESSES: 'allowed',
      PUBLIC_URL,
      RUNPOD_ENDPOINTS: JSON.stringify({ 'wan-video': 'ep_wan' }),
      RUNPOD_DEPLOYMENTS_BASE_URL: upstream.desk('runpod-deployments').baseUrl,
      WAVESPEED_WEBHOOK_SECRET: WAVESPEED_SECRET,
      CUSTOM_MEDIA_PROVIDERS: JSON.stringify([
        { ...MINE, baseUrl: upstream.desk('custom-mine').baseUrl, apiKey: 'the-key-of-custom-mine' },
      ]),
      ...Object.fromEntries(bases),
      ...more,
    };
    const vendors = new Vendors(await Worker.start(variables), upstream);
    vendors.reset();
    return vendors;
  }

  async stop(): Promise<void> {
    await this.worker.stop();
    await this.upstream.stop();
  }

  /** Forgets all requests and scripts; only the hosts of files and webhooks still answer. */
  reset(): void {
    for (const vendor of VENDORS) this.script(vendor, () => ({ status: 501, steps: ['nothing was scripted'] }));
    for (const vendor of [...VENDORS, 'files', 'hooks'] as const) this.seen(vendor).length = 0;
    this.script('hooks', () => json({}));
    this.script('files', ({ path }) => {
      const bytes = FILES[path.split('/').at(-1) ?? ''];
      return bytes ? { headers: { 'content-type': 'application/octet-stream' }, steps: [bytes] } : { status: 404, steps: [] };
    });
  }

  seen(vendor: Vendor): Seen[] {
    return this.upstream.desk(vendor).seen;
  }

  script(vendor: Vendor, answer: (seen: Seen) => Reply): void {
    this.upstream.desk(vendor).replyAlways(answer);
  }

  fileUrl(name: string): string {
    return `${this.upstream.desk('files').baseUrl}/${name}`;
  }

  hookUrl(name: string): string {
    return `${this.upstream.desk('hooks').baseUrl}/${name}`;
  }

  /** Turns a URL that the gateway gives out into one where it really listens. */
  here(url: string): string {
    return url.replace(PUBLIC_URL, this.worker.url);
  }
}

/** Answers in order; the last one repeats. */
export function inTurn(...replies: Reply[]): () => Reply {
  let turn = 0;
  return () => replies[Math.min(turn++, replies.length - 1)]!;
}

/** https://wavespeed.ai/docs/get-result */
export const wavespeedPrediction = (status: string, outputs: string[] = [], fields: Record<string, unknown> = {}): Reply =>
  json({ code: 200, message: 'success', data: { id: 'pred_1', status, outputs, urls: {}, has_nsfw_contents: [], error: '', ...fields } });

/** WaveSpeed jobs, one or several at once, each of which runs for one poll and then has these files. */
export const wavespeedJob = (...outputs: string[]): ((seen: Seen) => Reply) => {
  const polls = new Map<string, () => Reply>();
  return ({ method, path }) => {
    if (method !== 'POST') return polls.get(/pred_\d+/.exec(path)![0])!();
    const id = `pred_${polls.size + 1}`;
    polls.set(id, inTurn(wavespeedPrediction('processing', [], { id }), wavespeedPrediction('completed', outputs, { id })));
    return wavespeedPrediction('created', [], { id });
  };
};

/** https://fal.ai/docs/documentation/model-apis/inference/queue: its own URLs, the status, then the result. */
export function falJob(app: string, result: unknown): (seen: Seen) => Reply {
  const request = `https://queue.fal.run/${app}/requests/req_1`;
  const urls = { response_url: request, status_url: `${request}/status`, cancel_url: `${request}/cancel` };
  const states = inTurn(
    json({ status: 'IN_QUEUE', queue_position: 0, request_id: 'req_1', ...urls }, { status: 202 }),
    json({ status: 'IN_PROGRESS', request_id: 'req_1', logs: null, ...urls }, { status: 202 }),
    json({ status: 'COMPLETED', request_id: 'req_1', logs: null, metrics: { inference_time: 3.7 }, ...urls }),
  );
  return ({ method, path }) => {
    if (method === 'POST') return json({ status: 'IN_QUEUE', request_id: 'req_1', queue_position: 0, ...urls });
    return path.endsWith('/status') ? states() : json(result);
  };
}

/** https://replicate.com/docs/reference/http#predictions.get */
export const replicatePrediction = (status: string, output: unknown = null, fields: Record<string, unknown> = {}): Reply =>
  json(
    {
      id: 'rep_1',
      model: 'bytedance/seedance-1-pro',
      version: 'hidden',
      input: {},
      logs: '',
      output,
      data_removed: false,
      error: null,
      source: 'api',
      status,
      created_at: '2026-11-20T10:00:00.000Z',
      urls: { cancel: 'https://api.replicate.com/v1/predictions/rep_1/cancel', get: 'https://api.replicate.com/v1/predictions/rep_1' },
      ...fields,
    },
    { status: status === 'starting' ? 201 : 200 },
  );

/** https://ai.google.dev/gemini-api/docs/image-generation */
export const googlePicture = (name: string): Reply =>
  json({
    candidates: [
      {
        content: { role: 'model', parts: [{ inlineData: { mimeType: 'image/png', data: base64(name) } }] },
        finishReason: 'STOP',
        index: 0,
      },
    ],
    usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 1_290, totalTokenCount: 1_297 },
    modelVersion: 'gemini-3.1-flash-image',
  });

/** https://docs.runpod.io/serverless/endpoints/operation-reference */
export function runpodRun(output: unknown, executionTime: number): (seen: Seen) => Reply {
  const states = inTurn(
    json({ delayTime: 700, id: 'run_1', status: 'IN_PROGRESS', workerId: 'w1' }),
    json({ delayTime: 700, executionTime, id: 'run_1', output, status: 'COMPLETED', workerId: 'w1' }),
  );
  return ({ path }) => (path.endsWith('/run') ? json({ id: 'run_1', status: 'IN_QUEUE' }) : states());
}
