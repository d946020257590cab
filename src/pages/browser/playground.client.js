// The playground: sends what the form says, shows what comes back and what it cost, turn by turn, and keeps the examples in step.

const form = document.querySelector('form[data-playground]');
const { mode } = form.dataset;
const output = document.querySelector('#output');
const view = output.parentElement;
const status = document.querySelector('#run-status');
const sum = document.querySelector('#run-cost');
const progress = document.querySelector('#run-progress');
const [run, stop, clear] = ['run', 'stop', 'clear'].map((name) => form.querySelector(`[data-${name}]`));
const POLL_MS = 1_500;
/** A charge is settled some seconds after a call was stopped. */
const SETTLED_AFTER_POLLS = 8;
/** Who reads at the end sees what comes; who has scrolled up is left there. */
const NEAR_END_PX = 80;

/** By who pays. In memory alone, where no other script finds them; the next page is given the same. */
const sessionKeys = new Map();
/** Oldest first, and gone with the page too. */
let turns = [];
let running;

const field = (name) => form.elements.namedItem(name)?.value.trim() ?? '';
const isClaude = () => form.elements.namedItem('model').selectedOptions[0]?.dataset.family === 'messages';
const make = (name, className, ...content) => {
  const element = Object.assign(document.createElement(name), { className });
  element.append(...content);
  return element;
};
const link = (href, text) => Object.assign(make('a', '', text), { href });

/** What a model is told of the conversation: every turn that it, or another before it, said something in. */
const said = () =>
  turns
    .filter(({ text }) => text !== '')
    .flatMap(({ prompt, text }) => [
      { role: 'user', content: prompt },
      { role: 'assistant', content: text },
    ]);
const saying = (prompt) => [...said(), { role: 'user', content: prompt }];

/** A JSON string that may stand between a shell's single quotes too. */
const quoted = (text) => JSON.stringify(text).replaceAll("'", '\\u0027');

function showExamples() {
  const variant = isClaude() ? 'messages' : 'plain';
  for (const one of document.querySelectorAll('[data-variant]')) {
    one.hidden = one.dataset.variant !== variant;
    for (const input of one.querySelectorAll('input')) input.disabled = one.hidden;
  }
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

function changed() {
  sessionStorage.setItem(keptAs, JSON.stringify(Object.fromEntries(KEPT.map((name) => [name, field(name)]))));
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
  const body = await response.json().catch(() => ({}));
  return new Problem(body.error?.message ?? `The gateway answered ${response.status}.`, response.status);
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

async function call(turn, path, body, signal) {
  const send = () => {
    const headers = { authorization: `Bearer ${turn.key}`, 'content-type': 'application/json' };
    return fetch(path, { headers, signal, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
  };
  let response = await send();
  if (response.status === 401 && turn.payer && sessionKeys.delete(turn.payer)) {
    // It was revoked, or another page had a new one made in its place.
    turn.key = await keyOf('', turn.payer, true);
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

const amount = (credits) =>
  `${credits.toLocaleString('en', { maximumFractionDigits: 6 })} credits ($${(credits / 100).toFixed(credits > 0 && credits < 1 ? 6 : 2)})`;

/** To the sixth digit, as every turn is shown: sums of fractions have more, which are nobody's. */
function showSum() {
  const credits = turns.reduce((known, turn) => known + (turn.credits ?? 0), 0);
  sum.textContent = turns.length < 2 ? '' : `${turns.length} turns: ${amount(Math.round(credits * 1e6) / 1e6)} in all`;
}

function showCost(turn, credits) {
  if (credits === undefined || credits === null || Number.isNaN(Number(credits))) return;
  turn.credits = Number(credits);
  turn.cost.textContent = amount(turn.credits);
  showSum();
}

const toEnd = () => {
  view.scrollTop = view.scrollHeight;
};

/** What comes is followed while its end is in sight. */
function follow(show) {
  const isNear = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR_END_PX;
  show();
  if (isNear) toEnd();
}

function newTurn(key, prompt) {
  const [came, note, cost] = [make('div', 'came'), make('span', ''), make('span', '')];
  const turn = { key, prompt, model: field('model'), isClaude: isClaude(), sent: saying(prompt), text: '', came, note, cost };
  turn.payer = field('key') ? '' : field('payer');
  turn.footer = make('footer', '', make('span', 'mono', turn.model), ' ', cost, ' ', note, ' ');
  turn.item = make('li', 'turn', make('p', 'asked', prompt), came, turn.footer);
  turns.push(turn);
  output.append(turn.item);
  toEnd();
  return turn;
}

/** Why an answer ended, where it did not end by itself. */
const ENDINGS = {
  length: 'Cut at its limit of tokens.',
  max_tokens: 'Cut at its limit of tokens.',
  content_filter: 'Held back by the model’s filter.',
  refusal: 'The model refused.',
};

/** Thoughts stand folded away above the answer; there are none until one comes. */
function thoughtsBefore(text) {
  const paragraph = make('p', 'answer quiet');
  const details = make('details', '', make('summary', '', 'Thoughts'), paragraph);
  return (thought) => {
    if (!thought) return;
    if (!details.isConnected) text.before(details);
    paragraph.append(thought);
  };
}

async function chat(turn, signal) {
  const request = { model: turn.model, stream: true, messages: turn.sent, ...(turn.isClaude && { max_tokens: Number(field('tokens')) }) };
  const response = await call(turn, turn.isClaude ? '/v1/messages' : '/v1/chat/completions', request, signal);
  const text = make('p', 'answer');
  turn.came.append(text);
  const think = thoughtsBefore(text);
  let ending;
  for await (const event of events(response)) {
    if (event.error) throw new Problem(event.error.message);
    const [choice] = event.choices ?? [];
    const piece = choice?.delta?.content ?? event.delta?.text ?? '';
    turn.text += piece;
    follow(() => {
      think(choice?.delta?.reasoning_content ?? event.delta?.thinking);
      text.append(piece);
    });
    ending = choice?.finish_reason ?? event.delta?.stop_reason ?? ending;
    showCost(turn, event.usage?.creditsUsed);
  }
  return ENDINGS[ending];
}

const fileLink = (url) => make('p', 'small', link(url, 'Open the file'));

async function image(turn, signal) {
  const { model, prompt } = turn;
  const { data, creditsUsed } = await (await call(turn, '/v1/images/generate', { model, prompt }, signal)).json();
  for (const { url } of data) {
    const picture = Object.assign(document.createElement('img'), { src: url, alt: prompt });
    picture.addEventListener('load', toEnd, { once: true });
    turn.came.append(picture, fileLink(url));
  }
  showCost(turn, creditsUsed);
}

const wait = (signal) =>
  new Promise((done) => {
    setTimeout(done, POLL_MS);
    signal?.addEventListener('abort', done, { once: true });
  });

/** A job goes on, and costs, without this page: it is stopped by its own path, and looked at until it is over. */
async function video(turn, signal) {
  const { model, prompt } = turn;
  const { jobId } = await (await call(turn, '/v1/videos/generate', { model, prompt, duration: Number(field('seconds')) })).json();
  let isCanceled = false;
  for (const startedAt = Date.now(); ; await wait(signal.aborted ? undefined : signal)) {
    if (signal.aborted && !isCanceled) {
      isCanceled = true;
      // One that has just ended is not to be stopped any more, and is shown as it is.
      await call(turn, `/v1/jobs/${jobId}/cancel`, {}).catch(() => undefined);
    }
    const job = await (await call(turn, `/v1/jobs/${jobId}`)).json();
    turn.requestId = job.requestId;
    const doing = isCanceled ? 'Being stopped' : job.state === 'queued' ? 'In the queue' : 'Being made';
    say(`${doing}, ${Math.round((Date.now() - startedAt) / 1_000)} s`);
    if (job.status === 'processing') continue;
    showCost(turn, job.creditsUsed);
    if (job.status === 'canceled') return job.creditsUsed > 0 ? 'Canceled; what was made until then is charged.' : 'Canceled, and free.';
    if (job.status !== 'completed') throw new Problem(job.error ?? `The job is ${job.status}.`);
    const clip = Object.assign(document.createElement('video'), { src: job.outputUrl, controls: true });
    clip.setAttribute('aria-label', prompt);
    turn.came.append(clip, fileLink(job.outputUrl));
    toEnd();
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

function copyButton(turn) {
  const button = Object.assign(make('button', 'link', 'Copy'), { type: 'button' });
  button.setAttribute('aria-label', 'Copy the answer');
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(turn.text);
    say('Copied.');
  });
  return button;
}

/** With the request: whoever is signed in finds the sum behind its charge there, some seconds later. */
function end(turn, note = '') {
  turn.note.append(note);
  const search = turn.payer && new URL(turn.payer, location.href).search;
  if (turn.requestId)
    turn.footer.append(
      make(
        'span',
        '',
        'Request ',
        turn.payer ? link(`/usage/${turn.requestId}${search}`, turn.requestId) : make('code', '', turn.requestId),
      ),
    );
  else if (turn.payer) turn.footer.append(link(`/usage${search}`, 'Usage'));
  if (turn.text !== '' && navigator.clipboard) turn.footer.append(' ', copyButton(turn));
  follow(() => showSum());
}

/** What came back until a stop is charged. */
async function showChargeOfStopped(turn) {
  for (let poll = 0; turn.requestId && poll < SETTLED_AFTER_POLLS; poll++) {
    await wait();
    const generation = await (await call(turn, `/v1/generations/${turn.requestId}`)).json();
    if (generation.state !== 'open') return showCost(turn, generation.creditsUsed);
  }
}

function showProblem(error, turn) {
  if (turn) {
    turn.note.className = 'bad';
    turn.note.setAttribute('role', 'alert');
    end(turn, error.message);
    say('');
    // What led to nothing is there to be tried again.
    if (turn.text === '' && !field('prompt')) write(turn.prompt);
  } else say(error.message, true);
  if (error.code !== 'signed_out') return;
  status.append(' ', link(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`, 'Sign in again'));
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (running) return;
  running = new AbortController();
  const prompt = field('prompt');
  let turn;
  say('Under way …');
  busy(true);
  try {
    turn = newTurn(await keyOf(), prompt);
    if (mode === 'chat') write('');
    if (matchMedia('(pointer: fine)').matches) form.elements.namedItem('prompt').focus({ preventScroll: true });
    end(turn, await { chat, image, video }[mode](turn, running.signal));
    say('Done.');
  } catch (error) {
    if (error.name === 'AbortError' && turn) {
      end(turn, turn.requestId ? 'Stopped.' : 'Stopped. If it had begun, it is charged.');
      say('Stopped.');
      showChargeOfStopped(turn).catch(() => undefined);
    } else showProblem(error, turn);
  } finally {
    running = undefined;
    busy(false);
    showExamples();
  }
});
stop.addEventListener('click', () => running?.abort());
clear.addEventListener('click', () => {
  turns = [];
  output.replaceChildren();
  showSum();
  say('');
  busy(false);
  showExamples();
  form.elements.namedItem('prompt').focus();
});
form.addEventListener('input', changed);
form.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !running) form.requestSubmit();
});
restore();
showExamples();
