// Passkeys on the sign-in and settings pages. Without this file, or in a browser without passkeys, the pages work by password.

const able = typeof PublicKeyCredential === 'function' && typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function';

/** What the answer says in the words of a program. */
const SAID = { SESSION_NOT_FRESH: 'You signed in more than a day ago: sign out and in again, then add it.' };

async function ask(path, body) {
  const init = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`/api/auth/passkey/${path}`, init);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(SAID[answer.code] ?? answer.message ?? 'That did not work; try again.');
  return answer;
}

async function signIn() {
  const options = await ask('generate-authenticate-options');
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  await ask('verify-authentication', { response: credential.toJSON() });
}

async function register(name) {
  const options = await ask(`generate-register-options?${new URLSearchParams({ name })}`);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  await ask('verify-registration', { response: credential.toJSON(), name });
}

/** A person who closes the browser's own question has not met an error. */
function explain({ name, message }) {
  if (name === 'NotAllowedError') return 'No passkey was chosen.';
  // The browser's own words for it, “This is an invalid domain”, name no way out.
  return name === 'SecurityError' ? `A passkey belongs to a name, and ${location.hostname} is none. ${elsewhere()}` : message;
}

const elsewhere = () =>
  /^(127\.|\[::1\])/.test(location.hostname)
    ? `Open http://localhost:${location.port}${location.pathname} instead.`
    : 'Open this gateway by its own name instead.';

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const status = form.querySelector('[role=status]');
  const button = form.querySelector('button');
  form.hidden = !able;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    status.textContent = 'Waiting for your passkey …';
    try {
      const fields = new FormData(form);
      await (form.dataset.passkey === 'register' ? register(fields.get('name')) : signIn());
      location.assign(form.dataset.next);
    } catch (error) {
      status.textContent = explain(error);
      button.disabled = false;
    }
  });
}
