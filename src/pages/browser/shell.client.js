// What every page can do beyond links: code is copied by a button, menus close as people expect, and forms help.
import './forms.client.js';

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

/** Pages tell times in UTC, as the API does; who points at one is told their own clock's. */
const clock = new Intl.DateTimeFormat([], { dateStyle: 'medium', timeStyle: 'long' });
for (const time of document.querySelectorAll('time[datetime$=Z]')) time.title = clock.format(new Date(time.dateTime));

/** What opens above the page, and is in the way of it. */
const ABOVE = '.menu, .key details';

function closeAbove(except) {
  for (const open of document.querySelectorAll(ABOVE)) if (open !== except) open.open = false;
}

addEventListener('click', ({ target }) => closeAbove(target.closest(ABOVE)));
addEventListener('focusin', ({ target }) => closeAbove(target.closest?.(ABOVE)));
addEventListener('keydown', ({ key }) => {
  const open = [...document.querySelectorAll(ABOVE)].find((one) => one.open);
  if (key !== 'Escape' || !open) return;
  open.open = false;
  open.querySelector('summary').focus();
});
