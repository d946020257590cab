/**
 * Gives pictures in messages of tools and assistants to the user, to whom most upstreams confine them
 * (https://github.com/OpenHands/OpenHands/issues/7700). Edits the text by spans.
 */
import { rewriteElements, rewriteMembers } from '../../core/json';
import { type Fields, isRecord, listOf, parseRecord, recordsOf } from '../../core/record';
import { inMember } from '../spans';
import { IMAGES_DRAWN, IMAGES_GIVEN } from './drawn-images';

const USERS_ALONE = /\bimage urls? are only allowed for messages with role 'user'|\bChatCompletionRequestToolMessageContent\b/i;

const isPicture = (part: unknown): boolean => isRecord(part) && part.type === 'image_url';

/** The pictures of a message whose role may have none. */
const picturesIn = ({ role, content }: Fields): Fields[] =>
  role === 'tool' || role === 'assistant' ? recordsOf(content).filter(isPicture) : [];

const withoutPictures = inMember('content', (raw) => {
  const rest = rewriteElements(raw, (part) => (isPicture(parseRecord(part)) ? undefined : part));
  return listOf(JSON.parse(rest)).length === 0 ? '""' : rest;
});

const shown = (intro: string, pictures: readonly Fields[]): string[] =>
  pictures.length === 0 ? [] : [JSON.stringify({ role: 'user', content: [{ type: 'text', text: intro }, ...pictures] })];

/** Results must follow their calls directly, so pictures wait until all of them are there. */
export function withUsersPictures(body: string, message: string): string {
  if (!USERS_ALONE.test(message)) return body;
  const turns = listOf(parseRecord(body).messages).map((turn) => (isRecord(turn) ? turn : {}));
  const drawn: Fields[] = [];
  const given: Fields[] = [];
  const changed = (raw: string, index: number): string => {
    const turn = turns[index]!;
    const pictures = picturesIn(turn);
    (turn.role === 'tool' ? given : drawn).push(...pictures);
    const said = pictures.length > 0 ? withoutPictures(raw) : raw;
    if (turns[index + 1]?.role === 'tool') return said;
    return [said, ...shown(IMAGES_DRAWN, drawn.splice(0)), ...shown(IMAGES_GIVEN, given.splice(0))].join(',');
  };
  return rewriteMembers(body, (raw, key) => (key === 'messages' && raw.startsWith('[') ? rewriteElements(raw, changed) : raw));
}
