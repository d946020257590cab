// What a form does beyond being sent: it is sent once, asks first, says what is wrong beside the field, and outlives a session.

/** A second press while the answer is on its way would do a thing twice; after this long, the first went astray. */
const ASTRAY_MS = 10_000;
const busy = new Map();

function free(form) {
  busy.get(form)?.removeAttribute('aria-busy');
  busy.delete(form);
}

function refuseTwice(event, form) {
  if (busy.has(form)) return event.preventDefault();
  const pressed = event.submitter ?? form;
  busy.set(form, pressed);
  pressed.setAttribute('aria-busy', 'true');
  setTimeout(free, ASTRAY_MS, form);
}
// The way back may lead to the page as it was left.
addEventListener('pageshow', () => {
  for (const form of document.forms) free(form);
});

/** Forms in one line have no room within. */
const before = (form, said) => (form.matches('.key form') ? form.prepend(said) : form.before(said));

const KEPT = 'form';
/** Who is signed in, as the page says. */
const who = document.querySelector('.bar .end > span')?.title;

/** Neither secrets nor files are kept, and buttons have nothing to keep. */
const isTyped = ({ name, type }) => name !== '' && !['hidden', 'submit', 'button', 'password', 'file'].includes(type);

const hiddenOf = (form) =>
  JSON.stringify([...form.elements].filter(({ type }) => type === 'hidden').map(({ name, value }) => [name, value]));

/** The session may have ended meanwhile: what was typed is kept until the next page says that it has not. */
function keep(form) {
  const typed = new Set([...form.elements].filter(isTyped).map(({ name }) => name));
  if (who === undefined || typed.size === 0) return;
  const fields = [...new FormData(form)].filter(([name]) => typed.has(name));
  sessionStorage.setItem(KEPT, JSON.stringify({ who, action: form.getAttribute('action'), hidden: hiddenOf(form), fields }));
}

function fill(form, fields) {
  for (const field of [...form.elements].filter(isTyped)) {
    const values = fields.filter(([name]) => name === field.name).map(([, value]) => value);
    const was = field.value;
    if (field.type === 'checkbox' || field.type === 'radio') field.checked = values.includes(field.value);
    else if (field.options) for (const option of field.options) option.selected = values.includes(option.value);
    else field.value = values[0] ?? '';
    const folded = field.closest('details');
    if (folded && (field.checked || field.value !== was)) folded.open = true;
  }
}

function bringBack({ action, hidden, fields }) {
  const form = [...document.forms].find((one) => one.getAttribute('action') === action && hiddenOf(one) === hidden);
  if (!form) return;
  fill(form, fields);
  const said = Object.assign(document.createElement('p'), {
    className: 'notice',
    textContent: 'What you had typed is here again. It was not sent: look it over, and send it once more.',
  });
  said.setAttribute('role', 'status');
  before(form, said);
  said.scrollIntoView({ block: 'center' });
}

/** On the way through signing in nobody is shown as signed in. Another person's page brings nothing back. */
function resume() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  if (kept === null) return;
  if (who === undefined) {
    const isLost = kept.isLost || new URLSearchParams(location.search).has('lost');
    sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, isLost }));
    return;
  }
  sessionStorage.removeItem(KEPT);
  if (kept.isLost && kept.who === who) bringBack(kept);
}
resume();

/** What is wrong with a field stands under it: a page is longer than a window. */
function besideField() {
  const said = document.getElementById('form-error');
  const field = document.querySelector('[aria-invalid=true]');
  const form = field?.form;
  if (!said || !form) return;
  if (form.matches('.row, .filter')) before(form, said);
  else (field.closest('form :is(.halves, .thirds, .columns, label)') ?? field).after(said);
  field.focus();
}
besideField();

addEventListener('submit', (event) => {
  const { target: form, submitter } = event;
  const chosen = form.querySelector('option[data-ask]:checked');
  const counted = [...form.querySelectorAll('input[data-ask]')].find(({ valueAsNumber }) => valueAsNumber > 0);
  const question = submitter?.dataset.ask ?? (chosen ?? counted ?? form).dataset.ask;
  // What cannot be undone is asked about once more, where there is a way to ask.
  if (question && !confirm(question)) event.preventDefault();
  if (event.defaultPrevented || form.method !== 'post') return;
  refuseTwice(event, form);
  keep(form);
  // What the person did in this tab goes with them.
  if (form.getAttribute('action') === '/sign-out') sessionStorage.clear();
});
