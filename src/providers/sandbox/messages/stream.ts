import { type BlockEvents, followBlocks } from '../blocks';
import { type Frame, type Framing, typedFrame } from '../frames';
import type { StreamWriter } from '../stream';
import { ending, envelope, type Message, usageOf } from './message';

export function messagesStream(message: Message, framing: Framing, failure: { type: 'error' }): StreamWriter {
  const { choice, counts } = message;
  const blocks = followBlocks(blockEvents(message.signature));
  return {
    framing,
    open: () => [event('message_start', { message: opening(message) }), event('ping')],
    lanes: [choice.parts.map((part) => () => blocks.write(part))],
    close() {
      const usage = counts && finalUsage(usageOf(counts));
      return [...blocks.end(), event('message_delta', { delta: ending(choice), usage }), event('message_stop')];
    },
    fail: () => [typedFrame(failure)],
  };
}

const event = (type: string, more: Record<string, unknown> = {}): Frame => typedFrame({ type, ...more });

/** The usage at the start tells the prompt, and that the answer has begun. */
function opening(message: Message) {
  const { counts } = message;
  const usage = counts && usageOf({ ...counts, outputTokens: Math.min(counts.outputTokens, 1), reasoningTokens: 0 });
  return { ...envelope(message), content: [], stop_reason: null, stop_sequence: null, stop_details: null, usage };
}

const finalUsage = ({ cache_creation: _, service_tier: __, ...usage }: ReturnType<typeof usageOf>) => usage;

const blockEvents = (signature: string): BlockEvents => ({
  start({ index, block }) {
    if (block.kind !== 'call') return [event('content_block_start', { index, content_block: emptyBlock(block.kind) })];
    const toolUse = { type: 'tool_use', id: `toolu_${block.id}`, name: block.tool.name, input: {} };
    return [event('content_block_start', { index, content_block: toolUse }), inputDelta(index, '')];
  },
  delta({ index, block }, text) {
    if (block.kind === 'call') return [inputDelta(index, text)];
    const delta = block.kind === 'reasoning' ? { type: 'thinking_delta', thinking: text } : { type: 'text_delta', text };
    return text === '' ? [] : [event('content_block_delta', { index, delta })];
  },
  stop({ index, block }) {
    const signed = event('content_block_delta', { index, delta: { type: 'signature_delta', signature } });
    return [...(block.kind === 'reasoning' ? [signed] : []), event('content_block_stop', { index })];
  },
});

const emptyBlock = (kind: 'reasoning' | 'content' | 'refusal') =>
  kind === 'reasoning' ? { type: 'thinking', thinking: '', signature: '' } : { type: 'text', text: '' };

const inputDelta = (index: number, json: string): Frame =>
  event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: json } });
