// The playground: sends what the form says, shows what comes back and what it cost, and keeps the examples in step.

const form = document.querySelector('form[data-playground]');
const { mode, keyPath } = form.dataset;
const output = document.querySelector('#output');
const status = document.querySelector('#run-status');
const cost = document.querySelector('#run-cost');
const progress = document.querySelector('#run-progress');
const [run, stop] = [form.querySelector('[data-run]'), form.querySelector('[data-stop]')];
const POLL_MS = 1_500;

/** Held in memory alone, so that it is gone with the page. */
let sessionKey;
let running;

const field = (name) => form.elements.namedItem(name).value.trim();
const isClaude = () => form.elements.namedItem('model').selectedOptions[0]?.dataset.family === 'messages';

/** A JSON string that may stand between a shell's single quotes too. */
const quoted = (text) => JSON.stringify(text).replaceAll("'", '\\u0027');

function showExamples() {
  const variant = isClaude() ? 'messages' : 'plain';
  for (const code of document.querySelectorAll('[data-template]')) {
    const filled = code.dataset.template.replaceAll('{{model}}', field('model')).replaceAll('"{{prompt}}"', () => quoted(field('prompt')));
    code.textContent = filled.replaceAll('{{seconds}}', mode === 'video' ? field('seconds') : '');
    const figure = code.closest('[data-variant]');
    if (figure) figure.hidden = figure.dataset.variant !== variant;
  }
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  return new Error(body.error?.message ?? `The gateway answered ${response.status}.`);
}

async function keyOf() {
  const pasted = field('key');
  if (pasted) return pasted;
  if (!keyPath) throw new Error('Paste an API key, or sign in.');
  if (sessionKey && Date.parse(sessionKey.expiresAt) > Date.now() + 60_000) return sessionKey.key;
  const response = await fetch(keyPath, { method: 'POST' });
  if (!response.ok) throw await problemOf(response);
  sessionKey = await response.json();
  return sessionKey.key;
}

async function call(path, body, signal) {
  const headers = { authorization: `Bearer ${await keyOf()}`, 'content-type': 'application/json' };
  const response = await fetch(path, { headers, signal, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** The data of each event of a stream. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith('data: {')) yield JSON.parse(line.slice(6));
  }
}

const showCost = (credits) => {
  if (credits === undefined || credits === null || Number.isNaN(Number(credits))) return;
  const amount = Number(credits);
  cost.textContent = `${amount.toLocaleString('en', { maximumFractionDigits: 6 })} credits ($${(amount / 100).toFixed(amount < 1 ? 6 : 2)})`;
};

async function chat(signal) {
  const messages = [{ role: 'user', content: field('prompt') }];
  const request = { model: field('model'), stream: true, messages, ...(isClaude() && { max_tokens: 1_024 }) };
  const response = await call(isClaude() ? '/v1/messages' : '/v1/chat/completions', request, signal);
  const text = document.createElement('p');
  text.className = 'answer';
  output.replaceChildren(text);
  for await (const event of events(response)) {
    if (event.error) throw new Error(event.error.message);
    text.append(event.choices?.[0]?.delta?.content ?? event.delta?.text ?? '');
    showCost(event.usage?.creditsUsed);
  }
  return response.headers.get('x-request-id');
}

function link(url) {
  const paragraph = document.createElement('p');
  const anchor = Object.assign(document.createElement('a'), { href: url, textContent: 'Open the file' });
  paragraph.append(anchor);
  return paragraph;
}

async function image(signal) {
  const response = await call('/v1/images/generate', { model: field('model'), prompt: field('prompt') }, signal);
  const { data, creditsUsed } = await response.json();
  output.replaceChildren(
    ...data.flatMap(({ url }) => [Object.assign(document.createElement('img'), { src: url, alt: field('prompt') }), link(url)]),
  );
  showCost(creditsUsed);
  return response.headers.get('x-request-id');
}

async function video(signal) {
  const request = { model: field('model'), prompt: field('prompt'), duration: Number(field('seconds')) };
  const response = await call('/v1/videos/generate', request, signal);
  const { jobId } = await response.json();
  for (const startedAt = Date.now(); ; await new Promise((done) => setTimeout(done, POLL_MS))) {
    const job = await (await call(`/v1/jobs/${jobId}`, undefined, signal)).json();
    status.textContent = `${job.state === 'queued' ? 'In the queue' : 'Being made'}, ${Math.round((Date.now() - startedAt) / 1_000)} s`;
    if (job.status === 'processing') continue;
    showCost(job.creditsUsed);
    if (job.status !== 'completed') throw new Error(job.error ?? `The job is ${job.status}.`);
    const clip = Object.assign(document.createElement('video'), { src: job.outputUrl, controls: true });
    clip.setAttribute('aria-label', field('prompt'));
    output.replaceChildren(clip, link(job.outputUrl));
    return job.requestId;
  }
}

function busy(is) {
  run.disabled = is;
  stop.hidden = !is;
  progress.hidden = !is;
  output.setAttribute('aria-busy', String(is));
}

function receipt(requestId) {
  if (!requestId) return;
  // Whoever is signed in finds the sum behind the charge there, some seconds later.
  const shown = document.createElement(keyPath && !field('key') ? 'a' : 'code');
  shown.textContent = requestId;
  if (shown.localName === 'a') shown.href = `/usage/${requestId}${new URL(keyPath, location.href).search}`;
  status.replaceChildren('Done. Request ', shown);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  running = new AbortController();
  output.replaceChildren();
  cost.textContent = '';
  status.className = '';
  status.textContent = 'Under way …';
  busy(true);
  try {
    receipt(await { chat, image, video }[mode](running.signal));
  } catch (error) {
    status.className = error.name === 'AbortError' ? '' : 'bad';
    status.textContent = error.name === 'AbortError' ? 'Stopped.' : error.message;
  } finally {
    busy(false);
  }
});
stop.addEventListener('click', () => running?.abort());
form.addEventListener('input', showExamples);
showExamples();
