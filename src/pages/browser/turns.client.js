// The turns of the playground: how each is shown, what they cost together, and how they outlast the page that they were had on.

const form = document.querySelector('form[data-playground]');
const output = document.querySelector('#output');
const view = output.parentElement;
const sum = document.querySelector('#run-cost');
const status = document.querySelector('#run-status');
/** Who reads at the end sees what comes; who has scrolled up is left there. */
const NEAR_END_PX = 80;
/** Of what a tab keeps; browsers have room for some millions, for everything of a site. */
const MOST_CHARACTERS = 500_000;

const KEPT_AS = 'playground';
const { mode, person } = form.dataset;
export const keptAs = (what) => `${KEPT_AS} ${mode} ${what} ${person}`;

/** Oldest first. */
export const turns = [];

export const make = (name, className, ...content) => {
  const element = Object.assign(document.createElement(name), { className });
  element.append(...content);
  return element;
};
export const link = (href, text) => Object.assign(make('a', '', text), { href });

/** What a model is told of the conversation: every turn that it, or another before it, said something in. */
const said = () =>
  turns
    .filter(({ text }) => text !== '')
    .flatMap(({ prompt, text }) => [
      { role: 'user', content: prompt },
      { role: 'assistant', content: text },
    ]);
export const saying = (prompt) => [...said(), { role: 'user', content: prompt }];

const amount = (credits) =>
  `${credits.toLocaleString('en', { maximumFractionDigits: 6 })} ${credits === 1 ? 'credit' : 'credits'} ($${(credits / 100).toFixed(credits > 0 && credits < 1 ? 6 : 2)})`;

/** To the sixth digit, as every turn is shown: sums of fractions have more, which are nobody's. */
function showSum() {
  const credits = turns.reduce((known, turn) => known + (turn.credits ?? 0), 0);
  sum.textContent = turns.length < 2 ? '' : `${turns.length} turns: ${amount(Math.round(credits * 1e6) / 1e6)} in all`;
}

export function showCost(turn, credits) {
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

/** @param asked What is called, with what, and who pays. */
export function newTurn(asked) {
  const [came, note, cost] = [make('div', 'came'), make('span', ''), make('span', '')];
  const turn = { ...asked, sent: saying(asked.prompt), text: '', thoughts: '', files: [], isOver: false, came, note, cost };
  turn.footer = make('footer', '', make('span', 'mono', turn.model), ' ', cost, ' ', note, ' ');
  turn.item = make('li', 'turn', make('p', 'asked', turn.prompt), came, turn.footer);
  turns.push(turn);
  output.append(turn.item);
  toEnd();
  return turn;
}

function thoughtsOf(turn) {
  if (!turn.thinking) {
    turn.thinking = make('p', 'answer quiet');
    turn.came.prepend(make('details', '', make('summary', '', 'Thoughts'), turn.thinking));
  }
  return turn.thinking;
}

function answerOf(turn) {
  if (!turn.answer) {
    turn.answer = make('p', 'answer');
    turn.came.append(turn.answer);
  }
  return turn.answer;
}

/** A piece of the answer, or of the thoughts, which stand folded away above it. */
export function showPiece(turn, piece = '', thought = '') {
  follow(() => {
    if (thought) thoughtsOf(turn).append(thought);
    if (piece) answerOf(turn).append(piece);
  });
  turn.thoughts += thought;
  turn.text += piece;
}

const lost = () => make('p', 'small quiet', 'The file is no longer there.');

function playerOf(turn, { kind, url }) {
  const file = Object.assign(document.createElement(kind), { src: url });
  if (kind === 'img') file.alt = turn.prompt;
  else {
    file.controls = true;
    file.setAttribute('aria-label', turn.prompt);
  }
  file.addEventListener('load', toEnd, { once: true });
  file.addEventListener('error', () => file.replaceWith(lost()), { once: true });
  return file;
}

/** @param file `kind` is the element that shows it, where a browser has one. */
export function showFile(turn, { kind, url }) {
  if (kind) turn.came.append(playerOf(turn, { kind, url }));
  turn.came.append(make('p', 'small', link(url, 'Open the file')));
  turn.files.push({ kind, url });
  toEnd();
}

function copyButton(turn) {
  const button = Object.assign(make('button', 'link', 'Copy'), { type: 'button' });
  button.setAttribute('aria-label', 'Copy the answer');
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(turn.text);
    status.replaceChildren('Copied.');
  });
  return button;
}

/** What held nothing, such as a call that was refused, has no receipt; see `operationId`. */
const hasReceipt = (requestId) => /^req_\w+-/.test(requestId);

export const walletOf = ({ payer }) => new URL(payer, location.href).search;

/** With the request: whoever is signed in finds the sum behind its charge there, some seconds later. */
export function end(turn, note = '', isBad = false) {
  Object.assign(turn, { isOver: true, said: note, isBad });
  turn.note.className = isBad ? 'bad' : '';
  turn.note.append(note);
  const search = turn.payer && walletOf(turn);
  if (turn.requestId)
    turn.footer.append(
      make(
        'span',
        '',
        'Request ',
        turn.payer && hasReceipt(turn.requestId)
          ? link(`/usage/${turn.requestId}${search}`, turn.requestId)
          : make('code', '', turn.requestId),
      ),
    );
  else if (turn.payer) turn.footer.append(link(`/usage${search}`, 'Usage'));
  if (turn.text !== '' && navigator.clipboard) turn.footer.append(' ', copyButton(turn));
  follow(() => showSum());
  keep();
}

export function clearTurns() {
  turns.length = 0;
  output.replaceChildren();
  showSum();
  keep();
}

/** What is kept of a turn: nothing that opens anything, and nothing that the turns before it say. */
const KEPT = [
  'prompt',
  'model',
  'isClaude',
  'payer',
  'text',
  'thoughts',
  'files',
  'requestId',
  'jobId',
  'credits',
  'isOver',
  'said',
  'isBad',
];

/** In this tab, for who is signed in; the newest, where there is not room for all. */
export function keep() {
  const all = turns.map((turn) => JSON.stringify(Object.fromEntries(KEPT.map((name) => [name, turn[name]]))));
  let first = all.length;
  for (let room = MOST_CHARACTERS; first > 0 && room >= all[first - 1].length; first--) room -= all[first - 1].length;
  try {
    if (first === all.length) sessionStorage.removeItem(keptAs('turns'));
    else sessionStorage.setItem(keptAs('turns'), `[${all.slice(first)}]`);
  } catch {
    // The browser keeps nothing, or has no room: the page is as good as ever while it is open.
  }
}

/** What another person typed or read in this tab is none of who is signed in now. */
function forgetOthers() {
  for (const key of Object.keys(sessionStorage))
    if (key.startsWith(`${KEPT_AS} `) && ![` ${person}`, ' nobody'].some((own) => key.endsWith(own))) sessionStorage.removeItem(key);
}

/** The turns of before, as they were left; answers those that were under way, whose end is not known here. */
export function restoreTurns() {
  if (person !== 'nobody') forgetOthers();
  const open = [];
  for (const { text, thoughts, files, said: note, isBad, isOver, credits, ...asked } of JSON.parse(
    sessionStorage.getItem(keptAs('turns')) ?? '[]',
  )) {
    const turn = newTurn(asked);
    showPiece(turn, text, thoughts);
    for (const file of files) showFile(turn, file);
    showCost(turn, credits);
    if (isOver) end(turn, note, isBad);
    else open.push(turn);
  }
  return open;
}

addEventListener('pagehide', keep);
addEventListener('submit', ({ target }) => {
  if (target.getAttribute('action') === '/sign-out') clearTurns();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') keep();
});
