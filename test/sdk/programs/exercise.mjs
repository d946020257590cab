// One program for every runtime: it uses only what works with web APIs alone.
const messages = [{ role: 'user', content: 'Hello' }];

async function collect(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** Calls the package, `sdk`, with clients that `options` configure; returns what a test compares. */
export async function exercise({ Hypereal, NotFoundError, toFile, verifyWebhook, WebhookVerificationError }, options) {
  const client = new Hypereal(options);
  const events = await collect(client.chat.stream({ model: 'gpt-5.5', messages }));
  const end = events.at(-1);
  const whole = await client.chat.stream({ model: 'gpt-5.5', messages }).final();
  const image = await client.images.generate({ model: 'nano_banana_pro', prompt: 'a chrome teapot' });
  const states = [];
  const begun = await client.videos.generate({ model: 'veo3.1-fast', prompt: 'a cat sandbox:delay=0ms' });
  const job = await client.jobs.wait(begun, { onProgress: ({ status }) => states.push(status), signal: new AbortController().signal });
  const sent = [];
  const bytes = new Uint8Array(200_000);
  const file = await client.storage.uploadFile(new Blob([bytes]), {
    filename: 'bytes.bin',
    onProgress: ({ sentBytes }) => sent.push(sentBytes),
  });
  const named = await client.storage.uploadFile(await toFile(new Blob(['abc']).stream(), { filename: 'abc.txt' }));
  const streamed = await client.storage.uploadFile(bytes, { filename: 'bytes.bin' });
  const missing = await client.jobs.get('job_0').catch((error) => error);
  const aborted = await client.chat
    .create({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'sandbox:first=30s Hello' }] }, { signal: AbortSignal.timeout(300) })
    .catch((error) => error.name);
  const late = await client.chat
    .create({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'sandbox:first=30s Hello' }] }, { timeoutMs: 300 })
    .catch((error) => error.name);
  const headers = { 'webhook-id': 'a', 'webhook-timestamp': String(Math.floor(Date.now() / 1_000)), 'webhook-signature': 'v1,AAAA' };
  const forged = await verifyWebhook('{}', headers, { secret: 'whsec_AAAA' }).catch((error) => error instanceof WebhookVerificationError);
  const response = await client.models.list().asResponse();
  return {
    text: events.map(({ type, text }) => (type === 'text' ? text : '')).join(''),
    end: [end.type, typeof end.creditsUsed, typeof end.usage.total_tokens],
    whole: whole.object,
    image: image.data.length,
    named: [named.filename, named.contentType, named.size],
    job: [job.status, states.at(-1)],
    uploads: [file.size, streamed.size, sent[0], sent.at(-1)],
    // How many progress reports: only the beginning and the end where nothing between is known.
    told: sent.length,
    missing: [missing instanceof NotFoundError, missing.status, typeof missing.requestId],
    ended: [aborted, late],
    forged,
    models: response.status,
  };
}

/** What it returns when all is well. */
export const EXPECTED = {
  end: ['end', 'number', 'number'],
  whole: 'chat.completion',
  image: 1,
  named: ['abc.txt', 'text/plain', 3],
  job: ['completed', 'completed'],
  uploads: [200_000, 200_000, 0, 200_000],
  missing: [true, 404, 'string'],
  ended: ['AbortError', 'TimeoutError'],
  forged: true,
  models: 200,
};
