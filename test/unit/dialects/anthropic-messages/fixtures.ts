// Streams in the shapes of recorded ones; ids, texts and signatures are made up.
import comments from './fixtures/comments.sse?raw';
import compaction from './fixtures/compaction.sse?raw';
import cutShort from './fixtures/cut-short.sse?raw';
import errorAfterContent from './fixtures/error-after-content.sse?raw';
import errorAfterStart from './fixtures/error-after-start.sse?raw';
import errorAtOnce from './fixtures/error-at-once.sse?raw';
import lengthStop from './fixtures/length-stop.sse?raw';
import noUsage from './fixtures/no-usage.sse?raw';
import omittedThinking from './fixtures/omitted-thinking.sse?raw';
import parallelTools from './fixtures/parallel-tools.sse?raw';
import plain from './fixtures/plain.sse?raw';
import redactedThinking from './fixtures/redacted-thinking.sse?raw';
import refusal from './fixtures/refusal.sse?raw';
import refusalAtOnce from './fixtures/refusal-at-once.sse?raw';
import searchError from './fixtures/search-error.sse?raw';
import thinkingAndTool from './fixtures/thinking-and-tool.sse?raw';
import unnamed from './fixtures/unnamed.sse?raw';
import usageAtEndOnly from './fixtures/usage-at-end-only.sse?raw';
import usageAtStartOnly from './fixtures/usage-at-start-only.sse?raw';
import usageTwice from './fixtures/usage-twice.sse?raw';
import webSearch from './fixtures/web-search.sse?raw';
import withoutOpening from './fixtures/without-opening.sse?raw';
import withoutStop from './fixtures/without-stop.sse?raw';
import zeroUsage from './fixtures/zero-usage.sse?raw';

/** The same stream as other servers frame it. */
const FRAMED = {
  'plain-crlf': plain.replaceAll('\n', '\r\n'),
  'plain-mark': `\uFEFF${plain}`,
  'plain-unclosed': plain.trimEnd(),
  'plain-spread': plain.replaceAll('{"type":', '{ "type" : '),
};

export const FIXTURES = {
  comments: comments,
  compaction: compaction,
  'cut-short': cutShort,
  'error-after-content': errorAfterContent,
  'error-after-start': errorAfterStart,
  'error-at-once': errorAtOnce,
  'length-stop': lengthStop,
  'no-usage': noUsage,
  'omitted-thinking': omittedThinking,
  'parallel-tools': parallelTools,
  plain: plain,
  'redacted-thinking': redactedThinking,
  refusal: refusal,
  'refusal-at-once': refusalAtOnce,
  'search-error': searchError,
  'thinking-and-tool': thinkingAndTool,
  unnamed: unnamed,
  'usage-at-end-only': usageAtEndOnly,
  'usage-at-start-only': usageAtStartOnly,
  'usage-twice': usageTwice,
  'web-search': webSearch,
  'without-opening': withoutOpening,
  'without-stop': withoutStop,
  'zero-usage': zeroUsage,
  ...FRAMED,
};

export type FixtureName = keyof typeof FIXTURES;
