import type { Choice, Part } from './answer';
import { type Completion, envelope } from './completion';
import { streamError } from './errors';
import { MAX_WAIT_MS, type Magic } from './magic';
import type { Step } from './steps';

/**
 * A completion as server-sent events. Chunks are counted from the first that carries a part of the answer: the
 * role chunks before it are chunk 0.
 */
export function* streamSteps(completion: Completion, magic: Magic, includeUsage: boolean): Generator<Step> {
  if (magic.bom) yield { send: '\uFEFF' };
  if (magic.error === 'first') {
    yield { send: event(streamError(), magic) };
    return;
  }
  const reportsUsage = includeUsage && completion.usage !== undefined;
  const write = (choices: unknown[], usage: unknown = null): Step => {
    const chunk = { ...envelope(completion, 'chat.completion.chunk'), choices };
    return { send: event(reportsUsage ? { ...chunk, usage } : chunk, magic) };
  };
  for (const choice of completion.choices) yield write([chunkChoice(choice, openingDelta(choice))]);
  const ended = yield* contentSteps(completion, magic, (choice, part) => write([chunkChoice(choice, partDelta(part))]));
  if (ended) return;
  for (const choice of completion.choices) yield write([chunkChoice(choice, {}, choice.finishReason)]);
  if (reportsUsage) yield write([], completion.usage);
  yield { send: lines('data: [DONE]', magic) };
}

/** The chunks with content, and what was asked to happen between them. True when that ended the stream. */
function* contentSteps(completion: Completion, magic: Magic, write: (choice: Choice, part: Part) => Step): Generator<Step, boolean> {
  const total = completion.choices.reduce((sum, choice) => sum + choice.parts.length, 0);
  const at = (chunks: number | undefined): number => (chunks === undefined ? -1 : Math.min(chunks, total));
  const positions = {
    error: at(typeof magic.error === 'number' ? magic.error : undefined),
    cut: at(magic.cutAfterChunks),
    pause: at(magic.pause?.afterChunks),
  };
  const parts = interleave(completion.choices);
  let waitedMs = 0;
  for (let chunks = 0; ; chunks += 1) {
    if (chunks === positions.pause && magic.pause) yield { waitMs: magic.pause.ms };
    if (chunks === positions.error) {
      yield { send: event(streamError(), magic) };
      return true;
    }
    if (chunks === positions.cut) {
      yield { fail: 'The sandbox broke the connection (sandbox:cut).' };
      return true;
    }
    const next = parts.next();
    if (next.done) return false;
    if (chunks > 0 && magic.delayMs && waitedMs + magic.delayMs <= MAX_WAIT_MS) {
      waitedMs += magic.delayMs;
      yield { waitMs: magic.delayMs };
    }
    yield write(...next.value);
  }
}

/** The parts of all choices in turn: the first of each, the second of each. */
function* interleave(choices: Choice[]): Generator<[Choice, Part]> {
  const longest = choices.reduce((most, choice) => Math.max(most, choice.parts.length), 0);
  for (let position = 0; position < longest; position += 1) {
    for (const choice of choices) {
      const part = choice.parts[position];
      if (part) yield [choice, part];
    }
  }
}

const chunkChoice = (choice: Choice, delta: unknown, finishReason: string | null = null) => ({
  index: choice.index,
  delta,
  logprobs: null,
  finish_reason: finishReason,
});

function openingDelta(choice: Choice) {
  const hasText = !choice.parts.some((part) => part.kind === 'call' || part.kind === 'refusal');
  return { role: 'assistant', content: hasText ? '' : null, refusal: null };
}

function partDelta(part: Part): unknown {
  switch (part.kind) {
    case 'reasoning':
      return { reasoning_content: part.text };
    case 'content':
      return { content: part.text };
    case 'refusal':
      return { refusal: part.text };
    case 'call':
      return { tool_calls: [{ index: part.call, id: part.id, type: 'function', function: { name: part.name, arguments: '' } }] };
    case 'arguments':
      return { tool_calls: [{ index: part.call, function: { arguments: part.text } }] };
  }
}

const event = (data: unknown, magic: Magic): string => lines(`data: ${JSON.stringify(data)}`, magic);

function lines(line: string, magic: Magic): string {
  const end = magic.crlf ? '\r\n' : '\n';
  const comment = magic.comments ? `: sandbox${end}${end}` : '';
  return `${comment}${line}${end}${end}`;
}
