/** A refusal is one whatever its words are: the next provider does not wait for them. */
const PATIENCE_MS = 10_000;

/** The beginning of a body as text; the rest, and what does not come in time, or at all, is left unread. */
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
