import { describe, expect, it } from 'vitest';
import type { GpuInput } from '../../../../src/providers/media/types';
import { runpodMedia as runpod } from '../../../../src/providers/runpod/media';
import { answer, htmlAnswer, PNG, PNG_BASE64, shown, submission } from './support';

const run = (input: Partial<GpuInput> = {}): GpuInput => ({
  kind: 'gpu',
  input: { prompt: 'a fox' },
  maxSeconds: 120,
  extra: {},
  ...input,
});
const ENDPOINT = 'ep_abc123';
const JOB = { id: 'eaebd6e7-6a92-4bb8-a911-f996ac5ea99d-u1', model: ENDPOINT };

describe('submit', () => {
  it('runs the worker, for no longer than is paid for', () => {
    const input = run({ extra: { s3Config: { bucketName: 'mine' }, webhook: 'https://mine.test', policy: { executionTimeout: 1e9 } } });
    expect(shown(runpod.submit(submission(ENDPOINT, input, { callbackUrl: 'https://gateway.test/callbacks/1/2' })))).toMatchInlineSnapshot(`
      {
        "body": {
          "input": {
            "prompt": "a fox",
          },
          "policy": {
            "executionTimeout": 120000,
            "ttl": 7320000,
          },
          "s3Config": {
            "bucketName": "mine",
          },
          "webhook": "https://gateway.test/callbacks/1/2",
        },
        "url": "/ep_abc123/run",
      }
    `);
  });

  it('waits for the answer where the target says so', () => {
    const request = runpod.submit(submission(ENDPOINT, run({ maxSeconds: 1 }), { defaults: { runsync: true } }));
    expect(request.url).toBe('/ep_abc123/runsync?wait=60000');
    expect(JSON.parse(String(request.body))).toEqual({ input: { prompt: 'a fox' }, policy: { executionTimeout: 5_000, ttl: 7_205_000 } });
  });
});

describe('the answer to a submit', () => {
  const read = (given: ReturnType<typeof answer>) => runpod.readSubmit(given, submission(ENDPOINT, run()));

  it('names the job, or is the result', () => {
    expect(read(answer(200, { id: JOB.id, status: 'IN_QUEUE' }))).toEqual({ state: 'running', job: JOB });
    const done = { id: 'sync-1', status: 'COMPLETED', delayTime: 824, executionTime: 3_391, output: { seed: 7 } };
    expect(read(answer(200, done))).toEqual({ state: 'done', result: { files: [], output: { seed: 7 }, usage: { gpuMs: 3_391 } } });
  });

  it.each([
    ['a bad key', 401, {}, 'next_key', false],
    ['a bad input', 400, { error: 'input is required' }, 'caller', false],
    ['no such endpoint', 404, { error: 'endpoint not found' }, 'next_target', false],
    ['too many requests', 429, { error: 'Too Many Requests' }, 'backoff_key', false],
    ['a fault', 500, { error: 'internal' }, 'retry', true],
    ['a success without an id', 200, { status: 'IN_QUEUE' }, 'next_target', true],
  ])('may be a failure: %s', (_, status, body, action, mayHaveStarted) => {
    expect(read(answer(status, body))).toMatchObject({ state: 'failed', failure: { action, mayHaveStarted } });
  });
});

describe('a poll', () => {
  const poll = (fields: Record<string, unknown>) => runpod.readPoll!(answer(200, { id: JOB.id, delayTime: 10, ...fields }), JOB);

  it('asks about the job', () => {
    expect(runpod.poll!(JOB)).toEqual({ method: 'GET', url: `/ep_abc123/status/${JOB.id}` });
    expect(runpod.cancel!(JOB)).toEqual({ url: `/ep_abc123/cancel/${JOB.id}` });
  });

  it.each(['IN_QUEUE', 'IN_PROGRESS', 'RUNNING'])('goes on: %s', (status) => {
    expect(poll({ status })).toEqual({ state: 'running', job: JOB });
  });

  it('is done, with the time of the GPU', () => {
    expect(poll({ status: 'COMPLETED', executionTime: 18_420, output: ['a', 1] })).toEqual({
      state: 'done',
      result: { files: [], output: ['a', 1], usage: { gpuMs: 18_420 } },
    });
    expect(poll({ status: 'COMPLETED' })).toEqual({ state: 'done', result: { files: [], output: null } });
  });

  it('takes files out of the answer, and base64 with them', () => {
    const output = {
      images: [
        { filename: 'a.png', type: 'base64', data: PNG_BASE64 },
        { filename: 'b.png', type: 's3_url', data: 'https://bucket.test/b.png?X-Amz-Signature=1' },
      ],
      preview: `data:image/png;base64,${PNG_BASE64}`,
      page: 'https://example.com/not-a-file',
    };
    expect(poll({ status: 'COMPLETED', output })).toEqual({
      state: 'done',
      result: {
        files: [
          { bytes: PNG, contentType: 'image/png' },
          { url: 'https://bucket.test/b.png?X-Amz-Signature=1' },
          { bytes: PNG, contentType: 'image/png' },
        ],
        output: {
          images: [
            { filename: 'a.png', type: 'base64', data: 'file:0' },
            { filename: 'b.png', type: 's3_url', data: 'https://bucket.test/b.png?X-Amz-Signature=1' },
          ],
          preview: 'file:2',
          page: 'https://example.com/not-a-file',
        },
      },
    });
  });

  it('takes 32 files at most: what is left says so, or stays where it is', () => {
    const inline = Array.from({ length: 40 }, () => `data:image/png;base64,${PNG_BASE64}`);
    const url = 'https://bucket.test/b.png';
    const step = poll({ status: 'COMPLETED', output: { inline, urls: [url] } });
    const { result } = step as unknown as { result: { files: unknown[]; output: { inline: string[]; urls: string[] } } };
    expect(result.files).toHaveLength(32);
    expect(result.output.inline.slice(31)).toEqual(['file:31', ...Array.from({ length: 8 }, () => expect.stringContaining('32 files'))]);
    expect(result.output.urls).toEqual([url]);
  });

  it('knows a picture by its bytes, and leaves text alone', () => {
    const long = btoa(String.fromCharCode(...PNG, ...new Uint8Array(200)));
    expect(poll({ status: 'COMPLETED', output: { image: long } })).toMatchObject({ result: { files: [{ contentType: 'image/png' }] } });
    expect(poll({ status: 'COMPLETED', output: { text: 'word'.repeat(100), data: 'abcd'.repeat(100) } })).toMatchObject({
      result: { files: [], output: { text: 'word'.repeat(100), data: 'abcd'.repeat(100) } },
    });
  });

  it('is a failure, or canceled', () => {
    expect(poll({ status: 'FAILED', error: 'CUDA out of memory' })).toMatchObject({
      state: 'failed',
      failure: { message: 'CUDA out of memory' },
    });
    const traced = JSON.stringify({
      error_type: "<class 'ValueError'>",
      error_message: 'no prompt',
      error_traceback: 'File "/handler.py"',
    });
    expect(poll({ status: 'FAILED', error: traced })).toMatchObject({ failure: { message: 'no prompt' } });
    expect(poll({ status: 'FAILED', output: { error: 'bad seed' } })).toMatchObject({ failure: { message: 'bad seed' } });
    expect(poll({ status: 'TIMED_OUT' })).toMatchObject({ state: 'failed', failure: { message: 'The run took too long.' } });
    expect(poll({ status: 'CANCELLED' })).toEqual({ state: 'canceled' });
    expect(poll({ status: 'CANCELLED', executionTime: 1_200 })).toEqual({ state: 'canceled', usage: { gpuMs: 1_200 } });
    expect(poll({ status: 'TIMED_OUT', executionTime: 600_000 })).toMatchObject({ failure: { timedOut: { gpuMs: 600_000 } } });
    expect(poll({ status: 'FAILED', executionTime: 1_200 })).not.toHaveProperty('failure.timedOut');
  });

  it('says nothing by anything else', () => {
    expect(poll({ status: 'SLEEPING' })).toMatchObject({ state: 'unknown' });
    expect(runpod.readPoll!(answer(404, { error: 'job not found' }), JOB)).toMatchObject({ state: 'unknown' });
    expect(runpod.readPoll!(htmlAnswer(502), JOB)).toMatchObject({ state: 'unknown' });
  });
});

describe('deployments', () => {
  const deployments = runpod.deployments!;
  const spec = {
    name: 'comfy-01234567',
    dockerImage: 'runpod/worker-comfyui:dev-cuda12.1.1',
    gpuTypes: ['ADA_48_PRO', 'AMPERE_48'],
    minWorkers: 1,
    maxWorkers: 3,
    idleTimeoutSeconds: 60,
    env: { HF_TOKEN: 'x' },
  };
  const endpoint = { endpointId: 'ep_1' };

  it('makes an endpoint without workers, in one request', () => {
    expect(shown(deployments.create(spec, {})!)).toMatchInlineSnapshot(`
      {
        "body": {
          "env": {
            "HF_TOKEN": "x",
          },
          "gpu": {
            "pools": [
              "ADA_48_PRO",
              "AMPERE_48",
            ],
          },
          "image": "runpod/worker-comfyui:dev-cuda12.1.1",
          "name": "comfy-01234567",
          "scaling": {
            "queueDelay": 4,
            "type": "QUEUE_DELAY",
          },
          "timeout": 3600000,
          "type": "QUEUE",
          "workers": {
            "idleTimeout": 60,
            "max": 3,
            "min": 0,
          },
        },
        "url": "/serverless",
      }
    `);
    expect(deployments.create(spec, endpoint)).toBeUndefined();
  });

  it('reads what was made', () => {
    expect(deployments.readCreate(answer(201, { id: 'ep_1', name: spec.name }), {})).toEqual({ ok: true, deployment: endpoint });
    expect(deployments.readCreate(answer(200, { id: 'ep_1' }), endpoint)).toEqual({ ok: true, deployment: endpoint });
    expect(deployments.readCreate(answer(201, {}), {})).toMatchObject({ ok: false });
    const refused = { title: 'Bad Request', status: 400, detail: 'unknown pool ADA_99' };
    expect(deployments.readCreate(answer(400, refused), {})).toMatchObject({ ok: false, failure: { message: 'unknown pool ADA_99' } });
  });

  it('changes and removes it', () => {
    expect(shown(deployments.update({ ...spec, dockerImage: 'me/mine:2' }, endpoint))).toMatchInlineSnapshot(`
      {
        "body": {
          "env": {
            "HF_TOKEN": "x",
          },
          "gpu": {
            "pools": [
              "ADA_48_PRO",
              "AMPERE_48",
            ],
          },
          "image": "me/mine:2",
          "name": "comfy-01234567",
          "workers": {
            "idleTimeout": 60,
            "max": 3,
            "min": 1,
          },
        },
        "method": "PATCH",
        "url": "/serverless/ep_1",
      }
    `);
    expect(deployments.remove(endpoint)).toEqual([{ method: 'DELETE', url: '/serverless/ep_1' }]);
    expect(deployments.remove({})).toEqual([]);
    expect(deployments.readFailure(answer(204, ''))).toBeUndefined();
    expect(deployments.readFailure(answer(404, { detail: 'endpoint not found' }))).toMatchObject({ message: 'endpoint not found' });
  });
});
