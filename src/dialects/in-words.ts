import type { GatewayError } from '../core/errors';

/** The error of a media request in a format's own words, by where the request's fields stand in that format. */
export function inWords(error: GatewayError, places: Readonly<Record<string, string>>): GatewayError {
  const { param, message } = error;
  const place = param !== undefined && Object.hasOwn(places, param) ? places[param]! : undefined;
  return place === undefined ? error : { ...error, param: place, message: message.replaceAll(`\`${param}\``, `\`${place}\``) };
}
