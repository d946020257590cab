/**
 * The part of a call's record that its owner may see. Left out are a provider's id for a stored answer and the
 * operator's credential that it belongs to.
 */
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
