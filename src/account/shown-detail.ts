/** What of a call's record its owner is shown: not by which id, and which of the operator's keys, a provider keeps the answer. */
export function shownDetail({
  storedId: _id,
  storedKey: _key,
  storedAfter: _after,
  background: _background,
  rest: _rest,
  ...shown
}: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return shown;
}
