import { type LanguageRequest, type PromptTokens, promptOf } from './request';
import { estimateTokens } from './tokens';

const TURN_TOKENS = 4;
export const IMAGE_TOKENS = 765;
const CACHE_FROM_TOKENS = 1024;
const CACHE_STEP_TOKENS = 128;

/** What one message or item of a conversation says. */
export interface Speech {
  /** What the user says in it; undefined when it only answers tool calls. */
  userText: string | undefined;
  toolResult: string | undefined;
  images: number;
}

export interface Turn extends Speech {
  speaker: 'user' | 'model' | 'other';
  tokens: number;
}

export const lengthOf = (value: unknown): number => (value == null ? 0 : JSON.stringify(value).length);

export const turnTokens = (characters: number, images: number): number => TURN_TOKENS + estimateTokens(characters) + images * IMAGE_TOKENS;

/** What a conversation has come to: the last words of the user, and the last tool result since. */
export function readConversation(turns: Speech[]): Pick<LanguageRequest, 'userText' | 'toolResult' | 'images'> {
  const lastUser = turns.findLastIndex((turn) => turn.userText !== undefined);
  return {
    userText: turns[lastUser]?.userText ?? '',
    toolResult: turns.slice(lastUser + 1).findLast((turn) => turn.toolResult !== undefined)?.toolResult,
    images: turns.reduce((sum, turn) => sum + turn.images, 0),
  };
}

/**
 * Counts a prompt whose format has no cache marks. As with OpenAI's prompt cache, what an earlier turn has sent
 * counts as cached, from 1,024 tokens on, in steps of 128.
 */
export function countPrompt(turns: Turn[], preambleTokens: number): PromptTokens {
  const total = (some: Turn[]): number => some.reduce((sum, turn) => sum + turn.tokens, preambleTokens);
  const sent = startOfLastAnswer(turns.map((turn) => turn.speaker === 'model'));
  const earlier = sent > 0 ? total(turns.slice(0, sent)) : 0;
  return promptOf(total(turns), cachedOf(earlier));
}

/** How much of what an earlier turn has sent is cached. */
export const cachedOf = (earlierTokens: number): number =>
  earlierTokens < CACHE_FROM_TOKENS ? 0 : Math.floor(earlierTokens / CACHE_STEP_TOKENS) * CACHE_STEP_TOKENS;

/** Where the model's last answer begins, which may be several items long; -1 when it has not spoken. */
export function startOfLastAnswer(spokenByModel: boolean[]): number {
  const end = spokenByModel.lastIndexOf(true);
  return end < 0 ? -1 : spokenByModel.lastIndexOf(false, end) + 1;
}
