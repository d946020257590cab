import type { Part } from './answer';
import type { Frame } from './frames';
import type { Tool } from './request';

/** Parts that belong together: a text of one kind, or one tool call with its arguments. */
export type Block = { kind: 'reasoning' | 'content' | 'refusal'; text: string } | { kind: 'call'; id: string; tool: Tool; text: string };

export interface OpenBlock {
  index: number;
  /** Its text grows. */
  block: Block;
}

/** How a format streams blocks. */
export interface BlockEvents {
  start(open: OpenBlock): Frame[];
  delta(open: OpenBlock, text: string): Frame[];
  stop(open: OpenBlock): Frame[];
}

const keyOf = (part: Part): string | number => (part.kind === 'call' || part.kind === 'arguments' ? part.call : part.kind);

function startBlock(part: Part): Block {
  if (part.kind === 'call') return { kind: 'call', id: part.id, tool: part.tool, text: '' };
  return { kind: part.kind === 'arguments' ? 'content' : part.kind, text: '' };
}

export function blocksOf(parts: readonly Part[]): Block[] {
  const blocks: Block[] = [];
  let key: string | number | undefined;
  let block: Block | undefined;
  for (const part of parts) {
    if (!block || keyOf(part) !== key) {
      block = startBlock(part);
      key = keyOf(part);
      blocks.push(block);
    }
    if (part.kind !== 'call') block.text += part.text;
  }
  return blocks;
}

/** Streams parts as blocks that begin and end; one is open at a time. */
export function followBlocks(events: BlockEvents): { write(part: Part): Frame[]; end(): Frame[] } {
  let open: OpenBlock | undefined;
  let key: string | number | undefined;
  let nextIndex = 0;
  const end = (): Frame[] => {
    const closing = open ? events.stop(open) : [];
    open = undefined;
    return closing;
  };
  const begin = (part: Part): OpenBlock => {
    key = keyOf(part);
    open = { index: nextIndex, block: startBlock(part) };
    nextIndex += 1;
    return open;
  };
  return {
    write(part) {
      const frames: Frame[] = [];
      if (!open || keyOf(part) !== key) {
        frames.push(...end());
        frames.push(...events.start(begin(part)));
      }
      if (part.kind !== 'call' && open) {
        open.block.text += part.text;
        frames.push(...events.delta(open, part.text));
      }
      return frames;
    },
    end,
  };
}
