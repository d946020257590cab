/** How the chunks of a stream are written one after the other. */
export interface Framing {
  chunk(json: string): string;
  end(): string;
  keepalive(): string;
  /** The error as the last thing, where others may have gone before it. */
  fail(json: string): string;
}

/**
 * Server-sent events of one form only: some clients take every line for `data:`. An error follows once more as bare
 * JSON, since newer SDKs read only the event and older ones, as well as Gemini CLI, only a network chunk that is JSON
 * as a whole (https://github.com/googleapis/js-genai, processStreamResponse).
 */
export const eventFraming = (): Framing => ({
  chunk: (json) => `data: ${json}\n\n`,
  end: () => '',
  keepalive: () => 'data: {"candidates":[]}\n\n',
  fail: (json) => `data: ${json}\n\n${json}\n\n`,
});

/** One JSON array, element by element: what Google sends without `alt=sse`. */
export function arrayFraming(): Framing {
  let begun = false;
  const chunk = (json: string): string => {
    const before = begun ? ',\n' : '[';
    begun = true;
    return before + json;
  };
  return {
    chunk,
    end: () => (begun ? ']' : '[]'),
    keepalive: () => '\n',
    fail: (json) => `${chunk(json)}]`,
  };
}
