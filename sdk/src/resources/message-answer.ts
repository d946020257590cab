import type { Assembler } from '../core/answer-stream.js';
import { documented, isRecord, type JsonRecord, parseJson, present } from '../core/record.js';
import type { Message, MessageEvent } from '../types/api.js';

/** What an event adds to a block, by the name of the block's field. */
const PIECES: Readonly<Record<string, string>> = { text_delta: 'text', thinking_delta: 'thinking', signature_delta: 'signature' };

function addDelta(block: JsonRecord, delta: JsonRecord, inputs: Map<JsonRecord, string>): void {
  const type = String(delta.type);
  const field = PIECES[type];
  if (field !== undefined) block[field] = `${block[field] ?? ''}${delta[field]}`;
  else if (type === 'input_json_delta') inputs.set(block, (inputs.get(block) ?? '') + delta.partial_json);
  else if (type === 'citations_delta') block.citations = [...(Array.isArray(block.citations) ? block.citations : []), delta.citation];
}

/** Puts a message together from the events of its stream. */
export function messageAssembler(): Assembler<Message> {
  let message: JsonRecord = {};
  const blocks: JsonRecord[] = [];
  const inputs = new Map<JsonRecord, string>();
  return {
    add: (json) => {
      const event = documented<MessageEvent>(json);
      if (event.type === 'message_start') message = { ...event.message };
      else if (event.type === 'content_block_start') blocks[event.index] = { ...event.content_block };
      else if (event.type === 'content_block_delta') {
        const block = blocks[event.index];
        if (block) addDelta(block, event.delta, inputs);
      } else if (event.type === 'message_delta') {
        const before: JsonRecord = isRecord(message.usage) ? message.usage : {};
        message = { ...message, ...event.delta, usage: { ...before, ...present(event.usage ?? {}) } };
      }
    },
    whole: () => {
      // One that was cut short stays as it began: without an input no later call could have it.
      for (const [block, text] of inputs) block.input = parseJson(text) ?? block.input;
      return documented({ ...message, content: blocks.filter(Boolean) });
    },
  };
}
