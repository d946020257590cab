// The playground: sends what the form says, shows what comes back and what it cost, and keeps the examples in step.

const form = document.querySelector('form[data-playground]');
const { mode } = form.dataset;
const output = document.querySelector('#output');
const status = document.querySelector('#run-status');
const cost = document.querySelector('#run-cost');
const progress = document.querySelector('#run-progress');
const [run, stop] = [form.querySelector('[data-run]'), form.querySelector('[data-stop]')];
const POLL_MS = 1_500;
/** A charge is settled some seconds after a call was stopped. */
const SETTLED_AFTER_POLLS = 8;

/** By who pays. Held in memory alone, so that they are gone with the page. */
const sessionKeys = new Map();
let running;
/** Of the call that was made last: on whatever it ended, it can be looked up. */
let requestId;

const field = (name) => form.elements.namedItem(name)?.value.trim() ?? '';
const isClaude = () => form.elements.namedItem('model').selectedOptions[0]?.dataset.family === 'messages';

/** A JSON string that may stand between a shell's single quotes too. */
const quoted = (text) => JSON.stringify(text).replaceAll("'", '\\u0027');

function showExamples() {
  const variant = isClaude() ? 'messages' : 'plain';
  for (const one of document.querySelectorAll('[data-variant]')) {
    one.hidden = one.dataset.variant !== variant;
    for (const input of one.querySelectorAll('input')) input.disabled = one.hidden;
  }
  for (const code of document.querySelectorAll('[data-template]')) {
    const filled = code.dataset.template.replaceAll('{{model}}', field('model')).replaceAll('"{{prompt}}"', () => quoted(field('prompt')));
    code.textContent = filled.replaceAll('{{seconds}}', field('seconds')).replaceAll('{{tokens}}', field('tokens'));
  }
}

const KEPT = ['model', 'prompt', 'seconds', 'tokens'];
const keptAs = `playground ${mode}`;

/** What was typed is there again after a look at another kind. */
function restore() {
  const asked = new URLSearchParams(location.search).has('model');
  const kept = Object.entries(JSON.parse(sessionStorage.getItem(keptAs) ?? '{}')).filter(([name]) => !(asked && name === 'model'));
  for (const [name, value] of kept) {
    const element = form.elements.namedItem(name);
    const isThere = element?.localName !== 'select' || [...element.options].some((option) => option.value === value);
    if (element && isThere) element.value = value;
  }
}

const keep = () => sessionStorage.setItem(keptAs, JSON.stringify(Object.fromEntries(KEPT.map((name) => [name, field(name)]))));

class Problem extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  return new Problem(body.error?.message ?? `The gateway answered ${response.status}.`, response.status);
}

async function keyOf() {
  const pasted = field('key');
  if (pasted) return pasted;
  const payer = field('payer');
  if (!payer)
    throw new Problem(form.elements.namedItem('payer') ? 'Choose who pays, or paste an API key.' : 'Paste an API key, or sign in.');
  const known = sessionKeys.get(payer);
  if (known && Date.parse(known.expiresAt) > Date.now() + 60_000) return known.key;
  const response = await fetch(payer, { method: 'POST' });
  if (response.status === 401) throw new Problem('You were signed out.', 'signed_out');
  if (!response.ok) throw await problemOf(response);
  const made = await response.json();
  sessionKeys.set(payer, made);
  return made.key;
}

async function call(path, body, signal) {
  const send = async () => {
    const headers = { authorization: `Bearer ${await keyOf()}`, 'content-type': 'application/json' };
    return fetch(path, { headers, signal, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
  };
  let response = await send();
  if (response.status === 401 && !field('key')) {
    // It was revoked, or another page had a new one made in its place.
    sessionKeys.delete(field('payer'));
    response = await send();
  }
  if (body) requestId = response.headers.get('x-request-id') ?? requestId;
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
  cost.textContent = `${amount.toLocaleString('en', { maximumFractionDigits: 6 })} credits ($${(amount / 100).toFixed(amount > 0 && amount < 1 ? 6 : 2)})`;
};

/** Why an answer ended, where it did not end by itself. */
const ENDINGS = {
  length: 'Cut at its limit of tokens.',
  max_tokens: 'Cut at its limit of tokens.',
  content_filter: 'Held back by the model’s filter.',
  refusal: 'The model refused.',
};

/** Thoughts stand folded away above the answer; there are none until one comes. */
function thoughtsBefore(text) {
  const [details, summary, paragraph] = ['details', 'summary', 'p'].map((name) => document.createElement(name));
  summary.textContent = 'Thoughts';
  paragraph.className = 'answer quiet';
  details.append(summary, paragraph);
  return (thought) => {
    if (!thought) return;
    if (!details.isConnected) text.before(details);
    paragraph.append(thought);
  };
}

async function chat(signal) {
  const messages = [{ role: 'user', content: field('prompt') }];
  const request = { model: field('model'), stream: true, messages, ...(isClaude() && { max_tokens: Number(field('tokens')) }) };
  const response = await call(isClaude() ? '/v1/messages' : '/v1/chat/completions', request, signal);
  const text = document.createElement('p');
  text.className = 'answer';
  output.replaceChildren(text);
  const think = thoughtsBefore(text);
  let ending;
  for await (const event of events(response)) {
    if (event.error) throw new Problem(event.error.message);
    const [choice] = event.choices ?? [];
    think(choice?.delta?.reasoning_content ?? event.delta?.thinking);
    text.append(choice?.delta?.content ?? event.delta?.text ?? '');
    ending = choice?.finish_reason ?? event.delta?.stop_reason ?? ending;
    showCost(event.usage?.creditsUsed);
  }
  return ENDINGS[ending];
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
}

const wait = (signal) =>
  new Promise((done) => {
    setTimeout(done, POLL_MS);
    signal?.addEventListener('abort', done, { once: true });
  });

/** A job goes on, and costs, without this page: it is stopped by its own path, and looked at until it is over. */
async function video(signal) {
  const request = { model: field('model'), prompt: field('prompt'), duration: Number(field('seconds')) };
  const { jobId } = await (await call('/v1/videos/generate', request)).json();
  let isCanceled = false;
  for (const startedAt = Date.now(); ; await wait(signal.aborted ? undefined : signal)) {
    if (signal.aborted && !isCanceled) {
      isCanceled = true;
      // One that has just ended is not to be stopped any more, and is shown as it is.
      await call(`/v1/jobs/${jobId}/cancel`, {}).catch(() => undefined);
    }
    const job = await (await call(`/v1/jobs/${jobId}`)).json();
    requestId = job.requestId;
    const doing = isCanceled ? 'Being stopped' : job.state === 'queued' ? 'In the queue' : 'Being made';
    status.textContent = `${doing}, ${Math.round((Date.now() - startedAt) / 1_000)} s`;
    if (job.status === 'processing') continue;
    showCost(job.creditsUsed);
    if (job.status === 'canceled') return job.creditsUsed > 0 ? 'Canceled; what was made until then is charged.' : 'Canceled, and free.';
    if (job.status !== 'completed') throw new Problem(job.error ?? `The job is ${job.status}.`);
    const clip = Object.assign(document.createElement('video'), { src: job.outputUrl, controls: true });
    clip.setAttribute('aria-label', field('prompt'));
    output.replaceChildren(clip, link(job.outputUrl));
    return isCanceled ? 'It was made already.' : undefined;
  }
}

function busy(is) {
  run.disabled = is;
  stop.hidden = !is;
  progress.hidden = !is;
  output.setAttribute('aria-busy', String(is));
}

/** What is to be said, and the request: whoever is signed in finds the sum behind its charge there, some seconds later. */
function say(text, isBad = false) {
  status.className = isBad ? 'bad' : '';
  status.replaceChildren(text);
  if (!requestId) return;
  const isOwn = field('payer') && !field('key');
  const shown = document.createElement(isOwn ? 'a' : 'code');
  shown.textContent = requestId;
  if (isOwn) shown.href = `/usage/${requestId}${new URL(field('payer'), location.href).search}`;
  status.append(' Request ', shown);
}

/** What came back until a stop is charged. */
async function showChargeOfStopped() {
  if (!requestId) {
    say('Stopped. If it had begun, it is charged: ');
    status.append(
      Object.assign(document.createElement('a'), {
        href: `/usage${new URL(field('payer') || '/', location.href).search}`,
        textContent: 'Usage',
      }),
    );
    return;
  }
  say('Stopped.');
  const of = running;
  for (let poll = 0; poll < SETTLED_AFTER_POLLS && of === running; poll++) {
    await wait();
    const generation = await (await call(`/v1/generations/${requestId}`)).json();
    if (of !== running || generation.state === 'open') continue;
    return showCost(generation.creditsUsed);
  }
}

function showProblem(error) {
  say(error.message, true);
  if (error.code !== 'signed_out') return;
  const next = location.pathname + location.search;
  const anchor = Object.assign(document.createElement('a'), {
    href: `/sign-in?next=${encodeURIComponent(next)}`,
    textContent: 'Sign in again',
  });
  status.append(' ', anchor);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  running = new AbortController();
  requestId = undefined;
  output.replaceChildren();
  cost.textContent = '';
  status.className = '';
  status.textContent = 'Under way …';
  busy(true);
  try {
    say((await { chat, image, video }[mode](running.signal)) ?? 'Done.');
  } catch (error) {
    if (error.name === 'AbortError') showChargeOfStopped().catch(showProblem);
    else showProblem(error);
  } finally {
    busy(false);
  }
});
stop.addEventListener('click', () => running?.abort());
form.addEventListener('input', () => {
  keep();
  showExamples();
});
restore();
showExamples();
