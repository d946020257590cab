// What every page can do beyond forms and links: code is copied by a button, and menus close as people expect.

const SAID_MS = 1_600;

/** A button with a label of its own says nothing by its text to who hears the page. */
const heard = Object.assign(document.createElement('p'), { className: 'unseen' });
heard.setAttribute('role', 'status');
document.body.append(heard);

/** What the browser does not copy is marked, to be copied by hand. */
async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return 'Copied';
  } catch {
    getSelection().selectAllChildren(code);
    return 'Marked: copy it by hand';
  }
}

for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener('click', async () => {
    button.textContent = await copy(button.closest('.code').querySelector('code'));
    heard.textContent = button.textContent;
    setTimeout(() => {
      button.textContent = 'Copy';
      heard.textContent = '';
    }, SAID_MS);
  });
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll('details.menu[open]')) if (menu !== except) menu.open = false;
}

addEventListener('click', ({ target }) => closeMenus(target.closest('details.menu')));
addEventListener('focusin', ({ target }) => closeMenus(target.closest?.('details.menu')));
addEventListener('keydown', ({ key }) => {
  const open = document.querySelector('details.menu[open]');
  if (key !== 'Escape' || !open) return;
  open.open = false;
  open.querySelector('summary').focus();
});

/** A second press while the answer is on its way would do a thing twice; after this long, the first went astray. */
const ASTRAY_MS = 10_000;
const sentAt = new WeakMap();

function refuseTwice(event) {
  const { target: form } = event;
  if (event.defaultPrevented || form.method !== 'post') return;
  if (Date.now() - (sentAt.get(form) ?? 0) < ASTRAY_MS) event.preventDefault();
  else sentAt.set(form, Date.now());
}
// The way back may lead to the page as it was left.
addEventListener('pageshow', () => {
  for (const form of document.forms) sentAt.delete(form);
});

// What cannot be undone is asked about once more, where there is a way to ask.
addEventListener('submit', (event) => {
  const chosen = event.target.querySelector('option[data-ask]:checked');
  const counted = [...event.target.querySelectorAll('input[data-ask]')].find(({ valueAsNumber }) => valueAsNumber > 0);
  const question = event.submitter?.dataset.ask ?? (chosen ?? counted ?? event.target).dataset.ask;
  if (question && !confirm(question)) event.preventDefault();
  else refuseTwice(event);
  // What the person did in this tab goes with them.
  if (event.target.getAttribute('action') === '/sign-out') sessionStorage.clear();
});
