/** What would have been good: serde lists it behind what was not. */
const EXPECTED = /\bexpected\b.*/is;

/**
 * Does a refusal name a field, and not merely use the word, as in «reasoning models»? OpenAI quotes the one, or lists all;
 * pydantic has it in front.
 */
export function isNamedIn(message: string, name: string): boolean {
  const literal = name.replace(/\W/g, '\\$&');
  const refused = message.replace(EXPECTED, '');
  return new RegExp(
    `['"\`]${literal}['"\`]|(?:supplied: [\\w, ]*|parameter: )\\b${literal}\\b|(?:^|[\\s.])${literal}: extra inputs`,
    'i',
  ).test(refused);
}
