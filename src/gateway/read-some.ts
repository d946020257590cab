/** The status already says that it is a refusal: the next provider does not wait longer than this for the words. */
const PATIENCE_MS = 10_000;

/** The beginning of a body as text. What does not arrive in time, or cannot be read, is left out. */
export async function readSome(response: Response, maxChars: number, limitMs: number): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const timer = setTimeout(() => void reader.cancel(), Math.min(limitMs, PATIENCE_MS));
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (text.length < maxChars) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoder.decode(value, { stream: true });
    }
    await reader.cancel();
    return text.slice(0, maxChars);
  } catch {
    return text;
  } finally {
    clearTimeout(timer);
  }
}
