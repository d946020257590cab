// The playground: sends what the form says, shows what comes back and what it cost, turn by turn, and keeps the examples in step.
import { filesOf, namesOfFiles } from './files.client.js';
import {
  clearTurns,
  end,
  keep,
  keptAs,
  link,
  newTurn,
  restoreTurns,
  saying,
  showCost,
  showFile,
  showPiece,
  turns,
  walletOf,
} from './turns.client.js';

const form = document.querySelector('form[data-playground]');
const { mode } = form.dataset;
const output = document.querySelector('#output');
const status = document.querySelector('#run-status');
const progress = document.querySelector('#run-progress');
const [run, stop, clear] = ['run', 'stop', 'clear'].map((name) => form.querySelector(`[data-${name}]`));
const POLL_MS = 1_500;
/** A charge is settled some seconds after a call was stopped. */
const SETTLED_AFTER_POLLS = 8;

/** By who pays. In memory alone, where no other script finds them; the next page is given the same. */
const sessionKeys = new Map();
let running;

const typed = (name) => form.elements.namedItem(name)?.value.trim() ?? '';
/** What is not for the chosen model says nothing. */
const field = (name) => (form.elements.namedItem(name)?.disabled ? '' : typed(name));
const variant = () => form.elements.namedItem('model').selectedOptions[0]?.dataset.needs ?? 'plain';
const isFor = (names) => names.split(' ').includes(variant());

/** A JSON string that may stand between a shell's single quotes too. */
const quoted = (text) => JSON.stringify(text).replaceAll("'", '\\u0027');

/** The fields and examples that are for the chosen model. */
function fitToModel() {
  for (const one of document.querySelectorAll('[data-variant]')) {
    one.hidden = !isFor(one.dataset.variant);
    for (const input of one.querySelectorAll('input, textarea')) input.disabled = one.hidden;
  }
  for (const input of form.querySelectorAll('[data-needed-by]')) input.required = isFor(input.dataset.neededBy);
}

function showExamples() {
  fitToModel();
  const last = turns.at(-1);
  const prompt = field('prompt') || (last?.prompt ?? '');
  const sent = field('prompt') || !last ? saying(prompt) : last.sent;
  const lines = sent.map(({ role, content }) => `{"role": "${role}", "content": ${quoted(content)}}`);
  const messages = lines.length === 1 ? `[${lines}]` : `[\n  ${lines.join(',\n  ')}\n]`;
  for (const code of document.querySelectorAll('[data-template]')) {
    const filled = code.dataset.template.replaceAll('{{model}}', field('model')).replaceAll('{{seconds}}', field('seconds'));
    const told = filled.replaceAll('{{tokens}}', field('tokens')).replaceAll('"{{prompt}}"', () => quoted(prompt));
    // As far in as the line that they stand on.
    code.textContent = told.replace(/^( *)(.*)\{\{messages\}\}/gm, (_, indent, before) => {
      return indent + before + messages.replaceAll('\n', `\n${indent}`);
    });
  }
}

const KEPT = ['model', 'prompt', 'seconds', 'tokens'];

/** What was typed is there again after a look at another kind. */
function restore() {
  const asked = new URLSearchParams(location.search).has('model');
  const kept = Object.entries(JSON.parse(sessionStorage.getItem(keptAs('form')) ?? '{}')).filter(([name]) => !(asked && name === 'model'));
  for (const [name, value] of kept) {
    const element = form.elements.namedItem(name);
    const isThere = element?.localName !== 'select' || [...element.options].some((option) => option.value === value);
    if (element && isThere) element.value = value;
  }
}

function changed() {
  sessionStorage.setItem(keptAs('form'), JSON.stringify(Object.fromEntries(KEPT.map((name) => [name, typed(name)]))));
  showExamples();
}

function write(prompt) {
  form.elements.namedItem('prompt').value = prompt;
  changed();
}

class Problem extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

async function problemOf(response) {
  const { error } = await response.json().catch(() => ({}));
  const code = response.status === 402 || error?.required_tier ? 'top_up' : undefined;
  return new Problem(error?.message ?? `The gateway answered ${response.status}.`, code);
}

/** @param isRefused The one that there was is good no more. */
async function keyOf(pasted = field('key'), payer = field('payer'), isRefused = false) {
  if (pasted) return pasted;
  if (!payer)
    throw new Problem(form.elements.namedItem('payer') ? 'Choose who pays, or paste an API key.' : 'Paste an API key, or sign in.');
  const known = sessionKeys.get(payer);
  if (known && Date.parse(known.expiresAt) > Date.now() + 60_000) return known.key;
  const path = new URL(payer, location.href);
  if (isRefused) path.searchParams.set('fresh', '1');
  const response = await fetch(path, { method: 'POST' });
  if (response.status === 401) throw new Problem('You were signed out.', 'signed_out');
  if (!response.ok) throw await problemOf(response);
  const made = await response.json();
  sessionKeys.set(payer, made);
  return made.key;
}

/** The keys of turns stand apart from what is kept of them. A turn of before this page has none yet. */
const keys = new WeakMap();

async function call(turn, path, body, signal) {
  if (!keys.has(turn)) keys.set(turn, await keyOf('', turn.payer));
  const send = () => {
    const headers = { authorization: `Bearer ${keys.get(turn)}`, 'content-type': 'application/json' };
    return fetch(path, { headers, signal, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
  };
  let response = await send();
  if (response.status === 401 && turn.payer && sessionKeys.delete(turn.payer)) {
    // It was revoked, or another page had a new one made in its place.
    keys.set(turn, await keyOf('', turn.payer, true));
    response = await send();
  }
  if (body) turn.requestId = response.headers.get('x-request-id') ?? turn.requestId;
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

/** Why an answer ended, where it did not end by itself. */
const ENDINGS = {
  length: 'Cut at its limit of tokens.',
  max_tokens: 'Cut at its limit of tokens.',
  content_filter: 'Held back by the model’s filter.',
  refusal: 'The model refused.',
};

async function chat(turn, signal) {
  const request = { model: turn.model, stream: true, messages: turn.sent, ...(turn.isClaude && { max_tokens: Number(field('tokens')) }) };
  const response = await call(turn, turn.isClaude ? '/v1/messages' : '/v1/chat/completions', request, signal);
  let ending;
  for await (const event of events(response)) {
    if (event.error) throw new Problem(event.error.message);
    const [choice] = event.choices ?? [];
    const thought = choice?.delta?.reasoning_content ?? event.delta?.thinking;
    showPiece(turn, choice?.delta?.content ?? event.delta?.text, thought);
    ending = choice?.finish_reason ?? event.delta?.stop_reason ?? ending;
    showCost(turn, event.usage?.creditsUsed);
  }
  return ENDINGS[ending];
}

async function image(turn, signal) {
  const { model, prompt } = turn;
  const { data, creditsUsed } = await (await call(turn, '/v1/images/generate', { model, prompt, ...(await filesOf(form)) }, signal)).json();
  for (const { url } of data) showFile(turn, { kind: 'img', url });
  showCost(turn, creditsUsed);
}

async function sound(turn, signal) {
  const said = field('prompt') && { text: turn.prompt };
  const body = { model: turn.model, ...said, ...(await filesOf(form)) };
  const { data = [], text, creditsUsed } = await (await call(turn, '/v1/audio/generations', body, signal)).json();
  for (const { url } of data) showFile(turn, { kind: 'audio', url });
  if (text !== undefined) showPiece(turn, text);
  showCost(turn, creditsUsed);
  return text === '' ? 'Nothing was heard.' : undefined;
}

async function object(turn, signal) {
  const said = field('prompt') && { prompt: turn.prompt };
  const body = { model: turn.model, ...said, ...(await filesOf(form)) };
  const { outputUrl, creditsUsed } = await (await call(turn, '/v1/3d/generate', body, signal)).json();
  showFile(turn, { url: outputUrl });
  showCost(turn, creditsUsed);
}

const wait = (signal) =>
  new Promise((done) => {
    setTimeout(done, POLL_MS);
    signal?.addEventListener('abort', done, { once: true });
  });

async function video(turn, signal) {
  const { model, prompt } = turn;
  const body = { model, prompt, duration: Number(field('seconds')), ...(await filesOf(form)) };
  const begun = await call(turn, '/v1/videos/generate', body);
  turn.jobId = (await begun.json()).jobId;
  keep();
  return film(turn, signal);
}

/** A job goes on, and costs, without this page: it is stopped by its own path, and looked at until it is over. */
async function film(turn, signal) {
  let isCanceled = false;
  for (const startedAt = Date.now(); ; await wait(signal.aborted ? undefined : signal)) {
    if (signal.aborted && !isCanceled) {
      isCanceled = true;
      // One that has just ended is not to be stopped any more, and is shown as it is.
      await call(turn, `/v1/jobs/${turn.jobId}/cancel`, {}).catch(() => undefined);
    }
    const job = await (await call(turn, `/v1/jobs/${turn.jobId}`)).json();
    turn.requestId = job.requestId;
    const doing = isCanceled ? 'Being stopped' : job.state === 'queued' ? 'In the queue' : 'Being made';
    say(`${doing}, ${Math.round((Date.now() - startedAt) / 1_000)} s`);
    if (job.status === 'processing') continue;
    showCost(turn, job.creditsUsed);
    if (job.status === 'canceled') return job.creditsUsed > 0 ? 'Canceled; what was made until then is charged.' : 'Canceled, and free.';
    if (job.status !== 'completed') throw new Problem(job.error ?? `The job is ${job.status}.`);
    showFile(turn, { kind: 'video', url: job.outputUrl });
    return isCanceled ? 'It was made already.' : undefined;
  }
}

function busy(is) {
  run.hidden = is;
  stop.hidden = !is;
  progress.hidden = !is;
  clear.hidden = is || turns.length === 0;
  output.setAttribute('aria-busy', String(is));
}

function say(text, isBad = false) {
  status.className = isBad ? 'bad' : 'small quiet';
  status.replaceChildren(text);
}

/** What came back until a stop is charged. */
async function showChargeOfStopped(turn) {
  for (let poll = 0; turn.requestId && poll < SETTLED_AFTER_POLLS; poll++) {
    await wait();
    const generation = await (await call(turn, `/v1/generations/${turn.requestId}`)).json();
    if (generation.state === 'open') continue;
    showCost(turn, generation.creditsUsed);
    return keep();
  }
}

function showProblem(error, turn) {
  if (turn) {
    turn.note.setAttribute('role', 'alert');
    end(turn, error.message, true);
    say('');
    // What led to nothing is there to be tried again.
    if (mode === 'chat' && turn.text === '' && !field('prompt')) write(turn.prompt);
  } else say(error.message, true);
  if (error.code === 'top_up' && turn?.payer) status.append(link(`/settings/billing${walletOf(turn)}`, 'Top up'));
  if (error.code !== 'signed_out') return;
  status.append(' ', link(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`, 'Sign in again'));
}

/** Not by the model's own end: what had come by then is charged, which shows some seconds later. */
function stopped(turn, note, isBad) {
  end(turn, note, isBad);
  if (turn.payer || keys.has(turn)) showChargeOfStopped(turn).catch(() => undefined);
}

async function failed(error, turn) {
  if (error.name === 'AbortError' && turn) {
    stopped(turn, turn.requestId ? 'Stopped.' : 'Stopped. If it had begun, it is charged.');
    return say('Stopped.');
  }
  if (!(error instanceof TypeError)) return showProblem(error, turn);
  // A page that is being left loses its connections first: what it keeps as it goes is not to say so.
  await wait();
  if (!turn?.requestId) return showProblem(new Problem('The connection to the gateway was lost.'), turn);
  stopped(turn, 'The connection was lost. What had come until then is charged.', true);
  say('');
}

/** One thing at a time, which can be stopped. */
async function working(begin, work) {
  running = new AbortController();
  let turn;
  say('Under way …');
  busy(true);
  try {
    turn = await begin();
    end(turn, await work(turn, running.signal));
    say('Done.');
  } catch (error) {
    await failed(error, turn);
  } finally {
    running = undefined;
    busy(false);
    showExamples();
  }
}

async function begin() {
  const [prompt, pasted] = [field('prompt'), field('key')];
  const { required, disabled } = form.elements.namedItem('prompt');
  if (required && !disabled && prompt === '') throw new Problem('The prompt is empty.');
  const key = await keyOf(pasted);
  const asked = prompt || namesOfFiles(form);
  const turn = newTurn({ prompt: asked, model: field('model'), isClaude: isFor('messages'), payer: pasted ? '' : field('payer') });
  keys.set(turn, key);
  if (mode === 'chat') write('');
  if (matchMedia('(pointer: fine)').matches) form.elements.namedItem('prompt').focus({ preventScroll: true });
  return turn;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!running) working(begin, { chat, image, video, audio: sound, '3d': object }[mode]);
});
stop.addEventListener('click', () => running?.abort());
clear.addEventListener('click', () => {
  clearTurns();
  say('');
  busy(false);
  showExamples();
  form.elements.namedItem('prompt').focus();
});
form.addEventListener('input', changed);
form.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !running) form.requestSubmit();
});

/** A film was made on while no page was there to see it; of all else came what came until the page was left. */
function goOn(turn) {
  if (turn.jobId && turn.payer) return working(async () => turn, film);
  stopped(turn, 'The page was left before the end. What had come is charged.');
}

restore();
for (const turn of restoreTurns()) goOn(turn);
busy(running !== undefined);
showExamples();
