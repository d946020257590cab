import { type Fields, isFilled, isRecord, listOf, recordOf } from '../../../core/record';
import { IMAGES_DRAWN } from '../drawn-images';
import { argumentsOf } from '../tool-calls';
import type { ThoughtsByCall } from './thoughts';

/** Converts chat messages to input items, one by one; false from the first message that this format cannot express. */
export class InputItems {
  readonly items: Fields[] = [];
  /** Ids of custom tools' calls, whose results have an item type of their own. */
  private readonly customCalls = new Set<string>();

  constructor(private readonly thoughts: ThoughtsByCall) {}

  add(message: Fields): boolean {
    switch (message.role) {
      case 'system':
      case 'developer':
      case 'user':
        return this.addMessage(message.role, message.content);
      case 'assistant':
        return this.addAssistant(message);
      case 'tool':
        return this.addResult(message);
      default:
        return false;
    }
  }

  private addMessage(role: string, content: unknown): boolean {
    const said = typeof content === 'string' ? content : Array.isArray(content) ? inputParts(content) : undefined;
    if (said === undefined) return false;
    this.items.push({ role, content: said });
    return true;
  }

  /** Thoughts, then text, then calls: the order in which a model writes them. */
  private addAssistant({ content, refusal, tool_calls, function_call, audio, images }: Fields): boolean {
    if (isRecord(function_call) || isRecord(audio)) return false;
    const calls = listOf(tool_calls);
    const [first] = calls;
    if (isRecord(first)) this.addThoughts(first.id);
    const parts = outputParts(content, refusal);
    if (!parts) return false;
    if (parts.every(({ type }) => type === 'output_text')) {
      const text = parts.map((part) => String(part.text)).join('');
      if (text !== '') this.items.push({ role: 'assistant', content: text });
    } else this.items.push({ type: 'message', role: 'assistant', content: parts });
    this.showDrawn(listOf(images));
    return calls.every((call, index) => isRecord(call) && this.addCall(call, index > 0));
  }

  /** Sends pictures that a model drew as the user's, since this format has no place for them in an assistant's message. */
  private showDrawn(images: readonly unknown[]): void {
    const pictures = images.flatMap((image) => inputParts([image]) ?? []);
    if (pictures.length > 0) this.items.push({ role: 'user', content: [{ type: 'input_text', text: IMAGES_DRAWN }, ...pictures] });
  }

  private addThoughts(callId: unknown): void {
    if (typeof callId === 'string') this.items.push(...(this.thoughts.get(callId) ?? []));
  }

  private addCall({ id, function: called, custom }: Fields, hasThoughts: boolean): boolean {
    if (typeof id !== 'string') return false;
    if (hasThoughts) this.addThoughts(id);
    if (isRecord(custom) && typeof custom.name === 'string') {
      this.customCalls.add(id);
      this.items.push({ type: 'custom_tool_call', call_id: id, name: custom.name, input: argumentsOf(custom.input) });
      return true;
    }
    if (!isRecord(called) || typeof called.name !== 'string') return false;
    this.items.push({ type: 'function_call', call_id: id, name: called.name, arguments: argumentsOf(called.arguments) || '{}' });
    return true;
  }

  private addResult({ tool_call_id, content }: Fields): boolean {
    if (typeof tool_call_id !== 'string') return false;
    const output = Array.isArray(content) ? inputParts(content) : (content ?? '');
    if (typeof output !== 'string' && !Array.isArray(output)) return false;
    const type = this.customCalls.has(tool_call_id) ? 'custom_tool_call_output' : 'function_call_output';
    this.items.push({ type, call_id: tool_call_id, output });
    return true;
  }
}

/** Some chat clients give a file by its URL; this format has a field of its own for that. */
const WEB_ADDRESS = /^https?:/i;

/** Undefined when a part has no counterpart in this format, such as sound. */
function inputParts(content: readonly unknown[]): Fields[] | undefined {
  const parts = content.map((part) => (isRecord(part) ? inputPart(part) : undefined));
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function inputPart({ type, text, image_url, file }: Fields): Fields | undefined {
  switch (type) {
    case 'text':
      return typeof text === 'string' ? { type: 'input_text', text } : undefined;
    case 'image_url': {
      const { url, detail = 'auto' }: Fields = isRecord(image_url) ? image_url : { url: image_url };
      return typeof url === 'string' ? { type: 'input_image', image_url: url, detail } : undefined;
    }
    case 'file': {
      const { file_id, file_data, filename } = recordOf(file);
      if (!isFilled(file_id) && !isFilled(file_data)) return undefined;
      if (!isFilled(file_id) && WEB_ADDRESS.test(String(file_data))) return { type: 'input_file', file_url: file_data };
      const source = isFilled(file_id) ? { file_id } : { file_data };
      return { type: 'input_file', ...source, ...(isFilled(filename) && { filename }) };
    }
    default:
      return undefined;
  }
}

/** What an assistant said, or declined to say. */
function outputParts(content: unknown, refusal: unknown): Fields[] | undefined {
  const refused = isFilled(refusal) ? [{ type: 'refusal', refusal }] : [];
  if (typeof content === 'string') return [{ type: 'output_text', text: content }, ...refused];
  if (content === null || content === undefined) return refused;
  if (!Array.isArray(content)) return undefined;
  const parts = (content as unknown[]).map((part) => {
    if (!isRecord(part)) return undefined;
    if (part.type === 'text' && typeof part.text === 'string') return { type: 'output_text', text: part.text };
    return part.type === 'refusal' && isFilled(part.refusal) ? { type: 'refusal', refusal: part.refusal } : undefined;
  });
  return parts.every((part) => part !== undefined) ? [...parts, ...refused] : undefined;
}
