/** serde lists what would have been accepted after what was refused. */
const EXPECTED = /\bexpected\b.*/is;

/**
 * Does a refusal name this field, and not merely use the word, as in "reasoning models"? OpenAI quotes a field, or
 * lists all; pydantic puts it in front.
 */
export function isNamedIn(message: string, name: string): boolean {
  const literal = name.replace(/\W/g, '\\$&');
  const refused = message.replace(EXPECTED, '');
  return new RegExp(
    `['"\`]${literal}['"\`]|(?:supplied: [\\w, ]*|parameter: )\\b${literal}\\b|(?:^|[\\s.])${literal}: extra inputs`,
    'i',
  ).test(refused);
}
