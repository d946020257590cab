/**
 * Does a refusal name a field, and not merely use the word, as in «reasoning models»? OpenAI quotes the one, or lists all;
 * pydantic has it in front.
 */
export const isNamedIn = (message: string, name: string): boolean =>
  new RegExp(`['"\`]${name}['"\`]|supplied: [\\w, ]*\\b${name}\\b|(?:^|[\\s.])${name}: extra inputs`, 'i').test(message);
