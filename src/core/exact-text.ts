const EXACT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BYTE_ORDER_MARK = '\ufeff';

/** The text of bytes; undefined where it would be written as other bytes, or is no JSON for its byte order mark. */
export function exactText(bytes: Uint8Array): string | undefined {
  try {
    const text = EXACT.decode(bytes);
    return text.startsWith(BYTE_ORDER_MARK) ? undefined : text;
  } catch {
    return undefined;
  }
}
