import type { Block } from '../blocks';
import type { ResponsesRequest } from './request';

type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** What items are made of beside their blocks. */
export interface ItemMaterial {
  request: ResponsesRequest;
  hash: string;
}

const PREFIXES = { reasoning: 'rs', content: 'msg', refusal: 'msg', call: 'fc' };

export const isCompaction = (block: Block, { request }: ItemMaterial): boolean => block.kind === 'content' && request.compacts;

export function itemId(index: number, block: Block, material: ItemMaterial): string {
  const custom = block.kind === 'call' && block.tool.custom;
  const prefix = isCompaction(block, material) ? 'cmp' : custom ? 'ctc' : PREFIXES[block.kind];
  return `${prefix}_sandbox${material.hash.slice(0, 24)}${index}`;
}

/** Deterministic, and opaque to whoever sends it back. */
export const encryptedContent = (hash: string): string => btoa(`sandbox ${hash}`);

/** The part of a message that holds its text. */
export const contentPart = (block: Block) =>
  block.kind === 'refusal'
    ? { type: 'refusal', refusal: block.text }
    : { type: 'output_text', annotations: [], logprobs: [], text: block.text };

export const summaryPart = (text: string) => ({ type: 'summary_text', text });

/** An output item, whole or, while in progress, without what is streamed. */
export function outputItem(index: number, block: Block, status: ItemStatus, material: ItemMaterial): Record<string, unknown> {
  const id = itemId(index, block, material);
  const begun = status === 'in_progress';
  if (isCompaction(block, material)) return { id, type: 'compaction', encrypted_content: encryptedContent(material.hash) };
  if (block.kind === 'reasoning') {
    const encrypted = material.request.encrypted ? { encrypted_content: encryptedContent(material.hash) } : {};
    return { id, type: 'reasoning', ...encrypted, summary: begun ? [] : [summaryPart(block.text)] };
  }
  if (block.kind !== 'call') return { id, type: 'message', status, content: begun ? [] : [contentPart(block)], role: 'assistant' };
  const { name, namespace, custom } = block.tool;
  const call = { call_id: `call_${block.id}`, name, ...(namespace === undefined ? {} : { namespace }) };
  if (custom) return { id, type: 'custom_tool_call', status, ...call, input: begun ? '' : block.text };
  return { id, type: 'function_call', status, arguments: begun ? '' : block.text, ...call };
}
