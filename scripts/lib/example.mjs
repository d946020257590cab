const MODEL = 'gpt-5.5';

async function chatModels(url) {
  try {
    const { data } = await (await fetch(`${url}/v1/models`)).json();
    return data.filter(({ family, available }) => family === 'chat' && available).map(({ id }) => id);
  } catch {
    return [];
  }
}

/** A call that works: with the usual model if it can be reached, else another, else the sandbox by the test key. */
export async function chooseExample({ url, providers, account }) {
  if (providers.length === 0) return { key: account.key, model: MODEL };
  const models = await chatModels(url);
  if (models.length === 0) return { key: account.testKey, model: MODEL };
  return { key: account.key, model: models.includes(MODEL) ? MODEL : models[0] };
}

/** One command to paste into a shell. */
export const curlCommand = ({ url, key, model }) => `curl ${url}/v1/chat/completions \\
  -H 'authorization: Bearer ${key}' \\
  -H 'content-type: application/json' \\
  -d '${JSON.stringify({ model, messages: [{ role: 'user', content: 'Say hello.' }] })}'`;
