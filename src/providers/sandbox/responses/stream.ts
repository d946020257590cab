import type { Fields } from '../../../core/record';
import { type BlockEvents, followBlocks, type OpenBlock } from '../blocks';
import { type Frame, type Framing, typedFrame } from '../frames';
import { IN_BODY_MESSAGE } from '../openai-errors';
import type { StreamWriter } from '../stream';
import { finalStatus, itemStatus, type ResponseAnswer, responseObject } from './answer';
import { contentPart, isCompaction, itemId, outputItem, summaryPart } from './items';

type Emit = (type: string, more: Fields) => Frame[];

/** The events of a response, numbered from 0; those up to `startingAfter` are left out. */
export function responseStream(answer: ResponseAnswer, framing: Framing, startingAfter = -1): StreamWriter {
  let sequence = 0;
  const emit: Emit = (type, more) => {
    const event = { type, sequence_number: sequence, ...more };
    sequence += 1;
    return event.sequence_number > startingAfter ? [typedFrame(event)] : [];
  };
  const lifecycle = (type: string, status: Parameters<typeof responseObject>[1]): Frame[] =>
    emit(`response.${type}`, { response: responseObject(answer, status) });
  const { background } = answer.request;
  let ended = false;
  const blocks = followBlocks(blockEvents(answer, emit, () => ended));
  return {
    framing,
    open: () => [
      ...lifecycle('created', background ? 'queued' : 'in_progress'),
      ...(background ? lifecycle('queued', 'queued') : []),
      ...lifecycle('in_progress', 'in_progress'),
    ],
    lanes: [answer.choice.parts.map((part) => () => blocks.write(part))],
    close() {
      ended = true;
      const status = finalStatus(answer);
      return [...blocks.end(), ...lifecycle(status, status)];
    },
    fail: () => [
      ...emit('error', { error: { type: 'server_error', code: 'server_error', message: IN_BODY_MESSAGE, param: null } }),
      ...lifecycle('failed', 'failed'),
    ],
  };
}

function blockEvents(answer: ResponseAnswer, emit: Emit, isLast: () => boolean): BlockEvents {
  return {
    start({ index, block }) {
      const added = emit('response.output_item.added', { output_index: index, item: outputItem(index, block, 'in_progress', answer) });
      const place = { output_index: index, item_id: itemId(index, block, answer) };
      if (isCompaction(block, answer) || block.kind === 'call') return added;
      if (block.kind === 'reasoning') {
        return [...added, ...emit('response.reasoning_summary_part.added', { ...place, summary_index: 0, part: summaryPart('') })];
      }
      const part = contentPart({ ...block, text: '' });
      return [...added, ...emit('response.content_part.added', { ...place, content_index: 0, part })];
    },
    delta: (open, text) => (isCompaction(open.block, answer) || text === '' ? [] : deltaEvent(open, text, answer, emit)),
    stop(open) {
      const { index, block } = open;
      const item = outputItem(index, block, itemStatus(answer, isLast()), answer);
      const done = isCompaction(block, answer) ? [] : doneEvents(open, answer, emit);
      return [...done, ...emit('response.output_item.done', { output_index: index, item })];
    },
  };
}

function deltaEvent({ index, block }: OpenBlock, delta: string, answer: ResponseAnswer, emit: Emit): Frame[] {
  const place = { output_index: index, item_id: itemId(index, block, answer) };
  switch (block.kind) {
    case 'reasoning':
      return emit('response.reasoning_summary_text.delta', { ...place, summary_index: 0, delta });
    case 'refusal':
      return emit('response.refusal.delta', { ...place, content_index: 0, delta });
    case 'content':
      return emit('response.output_text.delta', { ...place, content_index: 0, delta, logprobs: [] });
    case 'call':
      return emit(block.tool.custom ? 'response.custom_tool_call_input.delta' : 'response.function_call_arguments.delta', {
        ...place,
        delta,
      });
  }
}

/** The events that repeat a block as a whole. */
function doneEvents({ index, block }: OpenBlock, answer: ResponseAnswer, emit: Emit): Frame[] {
  const { text } = block;
  const place = { output_index: index, item_id: itemId(index, block, answer) };
  if (block.kind === 'call') {
    if (block.tool.custom) return emit('response.custom_tool_call_input.done', { ...place, input: text });
    return emit('response.function_call_arguments.done', { ...place, name: block.tool.name, arguments: text });
  }
  if (block.kind === 'reasoning') {
    return [
      ...emit('response.reasoning_summary_text.done', { ...place, summary_index: 0, text }),
      ...emit('response.reasoning_summary_part.done', { ...place, summary_index: 0, part: summaryPart(text) }),
    ];
  }
  const whole =
    block.kind === 'refusal'
      ? emit('response.refusal.done', { ...place, content_index: 0, refusal: text })
      : emit('response.output_text.done', { ...place, content_index: 0, text, logprobs: [] });
  return [...whole, ...emit('response.content_part.done', { ...place, content_index: 0, part: contentPart(block) })];
}
