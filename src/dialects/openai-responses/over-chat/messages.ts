import { isRecord } from '../../../core/record';
import { chatName } from './tools';

type Fields = Record<string, unknown>;

/** Roles in chat: `developer` is OpenAI's alone, and elsewhere called `system`. */
const ROLES: Readonly<Record<string, string>> = { user: 'user', assistant: 'assistant', system: 'system', developer: 'system' };

const IMAGES_FOLLOW = 'The images that the tool gave back:';

/** An input's items as chat messages, one after the other; false from the first that chat cannot say. */
export class ChatMessages {
  readonly messages: Fields[] = [];
  /** Tools of which the input itself tells. */
  readonly tools: unknown[] = [];
  /** Images out of tools: a chat tool's answer is text, so they follow as the user's, once all answers are there. */
  private images: Fields[] = [];

  instruct(instructions: unknown): boolean {
    if (instructions === undefined || instructions === null) return true;
    if (typeof instructions !== 'string') return this.addAll(instructions);
    this.messages.push({ role: 'system', content: instructions });
    return true;
  }

  addAll(input: unknown): boolean {
    if (typeof input === 'string') {
      this.messages.push({ role: 'user', content: input });
      return true;
    }
    if (!Array.isArray(input) || !(input as unknown[]).every((item) => isRecord(item) && this.add(item))) return false;
    this.showImages();
    return true;
  }

  private add(item: Fields): boolean {
    const { type = 'message' } = item;
    switch (type) {
      case 'message':
        return this.addMessage(item);
      case 'function_call':
        return this.addCall(item, item.arguments);
      case 'custom_tool_call':
        return this.addCall(item, JSON.stringify({ input: item.input }));
      case 'function_call_output':
      case 'custom_tool_call_output':
        return this.addOutput(item);
      case 'additional_tools':
        if (!Array.isArray(item.tools)) return false;
        this.tools.push(...(item.tools as unknown[]));
        return true;
      case 'reasoning':
        // Only the upstream that thought it can read it.
        return true;
      default:
        return false;
    }
  }

  private addMessage({ role, content }: Fields): boolean {
    const chatRole = ROLES[String(role)];
    if (chatRole === undefined) return false;
    this.showImages();
    if (typeof content === 'string') {
      this.messages.push({ role: chatRole, content });
      return true;
    }
    const parts = Array.isArray(content) ? partsOf(content) : undefined;
    if (!parts || (chatRole !== 'user' && parts.some(({ type }) => type !== 'text'))) return false;
    this.messages.push({ role: chatRole, content: parts.every(({ type }) => type === 'text') ? textOf(parts) : parts });
    return true;
  }

  /** Calls that stand together are one message of the assistant's, behind what it said. */
  private addCall({ call_id, name, namespace }: Fields, args: unknown): boolean {
    if (typeof call_id !== 'string' || typeof name !== 'string' || typeof args !== 'string') return false;
    this.showImages();
    const called = chatName({ name, ...(typeof namespace === 'string' && { namespace }) });
    const call = { id: call_id, type: 'function', function: { name: called, arguments: args } };
    const last = this.messages.at(-1);
    if (last?.role !== 'assistant') this.messages.push({ role: 'assistant', content: null, tool_calls: [call] });
    else last.tool_calls = [...(Array.isArray(last.tool_calls) ? (last.tool_calls as unknown[]) : []), call];
    return true;
  }

  private addOutput({ call_id, output }: Fields): boolean {
    if (typeof call_id !== 'string') return false;
    const parts = typeof output === 'string' ? [{ type: 'text', text: output }] : Array.isArray(output) ? partsOf(output) : undefined;
    if (!parts) return false;
    this.images.push(...parts.filter(({ type }) => type !== 'text'));
    this.messages.push({ role: 'tool', tool_call_id: call_id, content: textOf(parts.filter(({ type }) => type === 'text')) });
    return true;
  }

  private showImages(): void {
    if (this.images.length === 0) return;
    this.messages.push({ role: 'user', content: [{ type: 'text', text: IMAGES_FOLLOW }, ...this.images] });
    this.images = [];
  }
}

const textOf = (parts: readonly Fields[]): string => parts.map(({ text }) => String(text)).join('\n');

/** Undefined when one of the parts has no like in chat: a file that only the other API's upstream keeps, say. */
function partsOf(content: readonly unknown[]): Fields[] | undefined {
  const parts = content.map((part) => (isRecord(part) ? partOf(part) : undefined));
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function partOf(part: Fields): Fields | undefined {
  const { type, text, refusal, image_url, detail, filename, file_data, input_audio } = part;
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return typeof text === 'string' ? { type: 'text', text } : undefined;
    case 'refusal':
      return typeof refusal === 'string' ? { type: 'text', text: refusal } : undefined;
    case 'input_image':
      if (typeof image_url !== 'string') return undefined;
      return { type: 'image_url', image_url: { url: image_url, ...(typeof detail === 'string' && { detail }) } };
    case 'input_file':
      if (typeof file_data !== 'string') return undefined;
      return { type: 'file', file: { ...(typeof filename === 'string' && { filename }), file_data } };
    case 'input_audio':
      return isRecord(input_audio) ? { type: 'input_audio', input_audio } : undefined;
    default:
      return undefined;
  }
}
