import type { Choice, Part } from '../answer';
import { type Frame, type Framing, frame } from '../frames';
import type { StreamWriter } from '../stream';
import { contentParts, ending, envelope, type Generation, piecesOf, signsText, usageMetadata } from './candidates';
import { inBodyError } from './errors';

/** A generation as chunks, each a whole response with the usage until then. */
export function geminiStream(generation: Generation, framing: Framing): StreamWriter {
  const { choices, signature } = generation;
  const sent = { output: 0, reasoning: 0 };
  const write = (candidate: unknown, last: boolean): Frame =>
    frame({ candidates: [candidate], ...usageUntil(generation, sent, last), ...envelope(generation) });
  const chunkOf = (choice: Choice, piece: Part[]) => (): Frame[] => {
    sent.output += piece.length;
    sent.reasoning += piece.filter((part) => part.kind === 'reasoning').length;
    const signed = choice.parts.find((part) => part.kind === 'call') === piece[0];
    const parts = contentParts(piece, signature).map((part) => (signed ? part : withoutSignature(part)));
    return [write({ content: { parts, role: 'model' }, index: choice.index }, false)];
  };
  return {
    framing,
    open: () => [],
    lanes: choices.map((choice) => piecesOf(choice.parts).map((piece) => chunkOf(choice, piece))),
    close: () =>
      choices.map((choice, index) => write({ ...lastContent(choice, signature), ...ending(choice) }, index === choices.length - 1)),
    fail: () => [frame(inBodyError())],
  };
}

const withoutSignature = ({ thoughtSignature: _, ...part }: Record<string, unknown>) => part;

function lastContent(choice: Choice, signature: string) {
  if (choice.finishReason === 'refusal') return {};
  const part = signsText(choice) ? { text: '', thoughtSignature: signature } : { text: '' };
  return { content: { parts: [part], role: 'model' } };
}

/** What was said so far, and in the end all that the answer reports. */
function usageUntil({ request, counts }: Generation, sent: { output: number; reasoning: number }, last: boolean) {
  if (!counts) return {};
  const outputTokens = Math.min(counts.outputTokens, sent.output);
  const reasoningTokens = Math.min(counts.reasoningTokens, sent.reasoning);
  return { usageMetadata: usageMetadata(last ? counts : { ...counts, outputTokens, reasoningTokens }, request) };
}
