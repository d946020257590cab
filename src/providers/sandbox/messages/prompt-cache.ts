import { type Fields, isRecord, recordsOf } from '../../../core/record';
import { startOfLastAnswer } from '../conversation';
import type { PromptTokens } from '../request';
import { estimateTokens } from '../tokens';
import { blocksIn, blockTokens } from './content';

const CACHE_FROM_TOKENS = 1024;
const MESSAGE_TOKENS = 4;

/** A piece of a prompt, in the order in which the cache sees it; `ttl` when a cache mark follows it. */
interface Segment {
  tokens: number;
  ttl: '5m' | '1h' | undefined;
}

/**
 * Counts a prompt as Anthropic's prompt cache does: everything up to a mark, from 1,024 tokens on, is read from the
 * cache as far as an earlier turn has sent it, and written with the mark's ttl beyond.
 */
export function countMarkedPrompt(body: Fields): PromptTokens {
  const messages = recordsOf(body.messages);
  const preamble = [...recordsOf(body.tools), ...blocksIn(body.system)].map(segmentOf);
  const spoken = messages.map((message) => blocksIn(message.content).map(segmentOf));
  for (const [first] of spoken) if (first) first.tokens += MESSAGE_TOKENS;
  const segments = [...preamble, ...spoken.flat()];
  const last = segments.at(-1);
  if (last && isRecord(body.cache_control)) last.ttl ??= ttlOf(body.cache_control);
  const formatTokens = estimateTokens(JSON.stringify(body.output_config ?? '').length - 2);
  const answered = startOfLastAnswer(messages.slice(0, -1).map((message) => message.role === 'assistant'));
  const earlier = answered > 0 ? preamble.length + spoken.slice(0, answered).flat().length : 0;
  const counts = countSegments(segments, sumTokens(segments.slice(0, earlier)));
  return { ...counts, promptTokens: counts.promptTokens + formatTokens };
}

function countSegments(segments: Segment[], earlierTokens: number): PromptTokens {
  const counts = { promptTokens: 0, cachedTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 };
  const readable = earlierTokens < CACHE_FROM_TOKENS ? 0 : earlierTokens;
  let covered = 0;
  for (const { tokens, ttl } of segments) {
    counts.promptTokens += tokens;
    if (!ttl || counts.promptTokens < CACHE_FROM_TOKENS) continue;
    counts.cachedTokens = Math.min(counts.promptTokens, readable);
    const written = counts.promptTokens - Math.max(covered, counts.cachedTokens);
    if (ttl === '1h') counts.cacheWrite1hTokens += written;
    else counts.cacheWrite5mTokens += written;
    covered = counts.promptTokens;
  }
  return counts;
}

const segmentOf = (block: Fields): Segment => ({ tokens: blockTokens(block), ttl: ttlOf(block.cache_control) });

function ttlOf(mark: unknown): Segment['ttl'] {
  if (!isRecord(mark)) return undefined;
  return mark.ttl === '1h' ? '1h' : '5m';
}

const sumTokens = (segments: Segment[]): number => segments.reduce((sum, segment) => sum + segment.tokens, 0);
