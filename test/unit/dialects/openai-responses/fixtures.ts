// Streams in the shapes of recorded ones; ids, texts and ciphers are made up.
import comments from './fixtures/comments.sse?raw';
import customTool from './fixtures/custom-tool.sse?raw';
import cutShort from './fixtures/cut-short.sse?raw';
import doneWithoutEnd from './fixtures/done-without-end.sse?raw';
import emptyMessage from './fixtures/empty-message.sse?raw';
import errorAfterContent from './fixtures/error-after-content.sse?raw';
import errorAtOnce from './fixtures/error-at-once.sse?raw';
import failedAtOnce from './fixtures/failed-at-once.sse?raw';
import failedWithUsage from './fixtures/failed-with-usage.sse?raw';
import failedWithoutUsage from './fixtures/failed-without-usage.sse?raw';
import itemsMissingAtEnd from './fixtures/items-missing-at-end.sse?raw';
import keepalive from './fixtures/keepalive.sse?raw';
import lengthStop from './fixtures/length-stop.sse?raw';
import noUsage from './fixtures/no-usage.sse?raw';
import parallelTools from './fixtures/parallel-tools.sse?raw';
import plain from './fixtures/plain.sse?raw';
import plainBom from './fixtures/plain-bom.sse?raw';
import plainCrlf from './fixtures/plain-crlf.sse?raw';
import plainUnclosed from './fixtures/plain-unclosed.sse?raw';
import reasoningAndTool from './fixtures/reasoning-and-tool.sse?raw';
import refusal from './fixtures/refusal.sse?raw';
import unnumbered from './fixtures/unnumbered.sse?raw';
import webSearch from './fixtures/web-search.sse?raw';
import withoutOpening from './fixtures/without-opening.sse?raw';
import zeroUsage from './fixtures/zero-usage.sse?raw';

export const FIXTURES = {
  comments: comments,
  'custom-tool': customTool,
  'cut-short': cutShort,
  'done-without-end': doneWithoutEnd,
  'empty-message': emptyMessage,
  'error-after-content': errorAfterContent,
  'error-at-once': errorAtOnce,
  'failed-at-once': failedAtOnce,
  'failed-with-usage': failedWithUsage,
  'failed-without-usage': failedWithoutUsage,
  'items-missing-at-end': itemsMissingAtEnd,
  keepalive: keepalive,
  'length-stop': lengthStop,
  'no-usage': noUsage,
  'parallel-tools': parallelTools,
  plain: plain,
  'plain-bom': plainBom,
  'plain-crlf': plainCrlf,
  'plain-unclosed': plainUnclosed,
  'reasoning-and-tool': reasoningAndTool,
  refusal: refusal,
  unnumbered: unnumbered,
  'web-search': webSearch,
  'without-opening': withoutOpening,
  'zero-usage': zeroUsage,
} as const;

export type FixtureName = keyof typeof FIXTURES;
