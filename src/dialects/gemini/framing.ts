/** How a stream's chunks are written: as events or as elements of an array. */
export interface Framing {
  chunk(json: string): string;
  end(): string;
  keepalive(): string;
  /** The error as the stream's last part; others may have come before it. */
  fail(json: string): string;
}

/**
 * An empty but valid chunk. The chats of Google's SDKs drop a turn from their history when one of its chunks is not
 * valid (`isValidResponse` of js-genai, `_validate_response` of python-genai).
 */
export const NOTHING_YET = '{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"index":0}]}';

/**
 * Server-sent events without comments, since some clients take every line for `data:`. An error is sent twice, as an
 * event and as bare JSON: newer SDKs read only the event; older ones, and Gemini CLI, only a network chunk that is JSON
 * as a whole (https://github.com/googleapis/js-genai, processStreamResponse).
 */
export const eventFraming = (): Framing => ({
  chunk: (json) => `data: ${json}\n\n`,
  end: () => '',
  keepalive: () => `data: ${NOTHING_YET}\n\n`,
  fail: (json) => `data: ${json}\n\n${json}\n\n`,
});

/** One JSON array, element by element, as Google sends without `alt=sse`. */
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
