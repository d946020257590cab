import { sniffType } from '../../../core/media-type';
import { type Fields, isFilled, isRecord, listOf, textOrEmpty } from '../../../core/record';
import { fileNameIn } from '../../file-name';
import { IMAGES_GIVEN } from '../../openai-chat/drawn-images';
import { chatName } from './tools';

/** Roles in chat. Only OpenAI knows `developer` there; elsewhere it is `system`. */
const ROLES: Readonly<Record<string, string>> = { user: 'user', assistant: 'assistant', system: 'system', developer: 'system' };

/**
 * Converts input items to chat messages, one by one; false from the first item that chat cannot express. Here anything
 * may stand between a call and its result, and an answer's text often follows its calls. Chat wants the results
 * directly after the one message with all the calls.
 */
export class ChatMessages {
  readonly messages: Fields[] = [];
  /** Tools that the input itself declares. */
  readonly tools: unknown[] = [];
  /** The index of the item that chat cannot express. */
  unsaid = -1;
  /** How many results of each call are still to come in the input. */
  private readonly ahead = new Map<unknown, number>();
  /** Calls of the assistant's last message whose results are still to come. */
  private open: unknown[] = [];
  /** What others said before all results were there. */
  private waiting: Fields[] = [];
  /** Pictures from tool results, which are text in chat. They follow as the user's once all results are there. */
  private images: Fields[] = [];
  /** The thought before the calls that follow. Some upstreams want it back with the calls, and only there. */
  private thought = '';

  instruct(instructions: unknown): boolean {
    if (instructions === undefined || instructions === null) return true;
    if (typeof instructions !== 'string') return this.addAll(instructions);
    this.say('system', instructions);
    return true;
  }

  addAll(input: unknown): boolean {
    if (typeof input === 'string') {
      this.messages.push({ role: 'user', content: input });
      return true;
    }
    if (!Array.isArray(input)) return false;
    for (const item of input as unknown[])
      if (isRecord(item) && isOutput(item)) this.ahead.set(item.call_id, (this.ahead.get(item.call_id) ?? 0) + 1);
    this.unsaid = (input as unknown[]).findIndex((item) => !isRecord(item) || !this.add(item));
    if (this.unsaid >= 0) return false;
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
      case 'additional_tools':
      case 'tool_search_output':
        if (!Array.isArray(item.tools)) return false;
        this.tools.push(...(item.tools as unknown[]));
        return true;
      // These hold nothing of what was found: the model has reported it, or has the tools.
      case 'web_search_call':
      case 'tool_search_call':
        return true;
      case 'reasoning':
        this.addThought(item);
        return true;
      case 'image_generation_call':
        return this.addPicture(item);
      default:
        return isOutput(item) && this.addOutput(item);
    }
  }

  private addMessage({ role, content }: Fields): boolean {
    const chatRole = ROLES[textOrEmpty(role)];
    if (chatRole === undefined) return false;
    if (chatRole !== 'assistant') this.thought = '';
    const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? partsOf(content) : undefined;
    if (!parts || (chatRole !== 'user' && parts.some(({ type }) => type !== 'text'))) return false;
    this.say(chatRole, parts.every(({ type }) => type === 'text') ? textOf(parts) : parts);
    return true;
  }

  private say(role: string, content: unknown): void {
    // Some upstreams refuse an empty message of the assistant, some even together with its calls.
    if (role === 'assistant' && content === '') return;
    if (this.open.length === 0) {
      this.showImages();
      if (role === 'system' && this.joinsOpening(content)) return;
      this.messages.push({ role, content });
      return;
    }
    if (role !== 'assistant') this.waiting.push({ role, content });
    else if (String(content).trim() !== '') {
      const caller = this.caller();
      caller.content = [caller.content, content].filter(isFilled).join('\n');
    }
  }

  /** Leading system messages are joined, since some upstreams accept only one. */
  private joinsOpening(content: unknown): boolean {
    const [first, ...others] = this.messages;
    if (first?.role !== 'system' || others.length > 0) return false;
    first.content = [first.content, content].filter((text) => text !== '').join('\n\n');
    return true;
  }

  /** The message with the open calls; only their results follow it. */
  private caller(): Fields {
    return this.messages.findLast(({ role }) => role === 'assistant')!;
  }

  /** Leaves out encrypted thoughts, which only their own upstream can read. */
  private addThought({ summary, content }: Fields): void {
    const written = (list: unknown): string[] =>
      Array.isArray(list)
        ? (list as unknown[]).flatMap((part) => (isRecord(part) && typeof part.text === 'string' ? [part.text] : []))
        : [];
    const whole = written(content);
    const said = whole.length > 0 ? whole : written(summary);
    this.thought = [this.thought, ...said].filter((text) => text !== '').join('\n');
  }

  /** A picture that the model drew goes with what the model said. */
  private addPicture({ result }: Fields): boolean {
    if (typeof result !== 'string' || result === '') return true;
    const image = { type: 'image_url', image_url: { url: dataUrl(result) } };
    const last = this.lastOfAssistant('');
    last.images = [...listOf(last.images), image];
    return true;
  }

  /** The assistant's latest message, or a new one if others have spoken since. */
  private lastOfAssistant(content: string | null): Fields {
    if (this.open.length > 0) return this.caller();
    this.showImages();
    const last = this.messages.at(-1);
    if (last?.role === 'assistant') return last;
    const made: Fields = { role: 'assistant', content };
    this.messages.push(made);
    return made;
  }

  /** Consecutive calls go into one message of the assistant, after what it said. */
  private addCall({ call_id, name, namespace, extra_content }: Fields, args: unknown): boolean {
    if (typeof call_id !== 'string' || typeof name !== 'string' || typeof args !== 'string') return false;
    const called = chatName({ name, ...(typeof namespace === 'string' && { namespace }) });
    const signed = isRecord(extra_content) ? { extra_content } : {};
    const call = { id: call_id, type: 'function', function: { name: called, arguments: args.trim() || '{}' }, ...signed };
    const last = this.lastOfAssistant(null);
    last.tool_calls = [...listOf(last.tool_calls), call];
    if (this.thought !== '') last.reasoning_content = this.thought;
    const ahead = this.ahead.get(call_id) ?? 0;
    if (ahead > 0) {
      this.ahead.set(call_id, ahead - 1);
      this.open.push(call_id);
    }
    return true;
  }

  private addOutput({ call_id, output }: Fields): boolean {
    if (typeof call_id !== 'string') return false;
    const parts = typeof output === 'string' ? [{ type: 'text', text: output }] : Array.isArray(output) ? partsOf(output) : undefined;
    if (!parts) return false;
    this.thought = '';
    this.images.push(...parts.filter(({ type }) => type !== 'text'));
    this.messages.push({ role: 'tool', tool_call_id: call_id, content: textOf(parts.filter(({ type }) => type === 'text')) });
    const call = this.open.indexOf(call_id);
    if (call >= 0) this.open.splice(call, 1);
    else this.ahead.set(call_id, (this.ahead.get(call_id) ?? 0) - 1);
    if (this.open.length === 0) this.letOn();
    return true;
  }

  /** All results are there, so what others said meanwhile follows. */
  private letOn(): void {
    if (this.waiting.length === 0) return;
    this.showImages();
    this.messages.push(...this.waiting);
    this.waiting = [];
  }

  private showImages(): void {
    if (this.images.length === 0) return;
    this.messages.push({ role: 'user', content: [{ type: 'text', text: IMAGES_GIVEN }, ...this.images] });
    this.images = [];
  }
}

const isOutput = ({ type }: Fields): boolean => type === 'function_call_output' || type === 'custom_tool_call_output';

const UNKNOWN_PICTURE = 'image/png';
/** As much base64 as shows a file's type. */
const HEAD_CHARS = 24;

function dataUrl(base64: string): string {
  const head = base64.slice(0, HEAD_CHARS);
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(head) && head.length % 4 === 0;
  const type = isBase64 ? sniffType(Uint8Array.fromBase64(head)) : undefined;
  return `data:${type ?? UNKNOWN_PICTURE};base64,${base64}`;
}

const textOf = (parts: readonly Fields[]): string => parts.map(({ text }) => String(text)).join('\n');

/** Chat has fewer detail levels: https://platform.openai.com/docs/guides/images-vision#specify-image-input-detail-level */
const knownDetail = (detail: string): string => (detail === 'original' ? 'high' : detail);

/** Undefined when a part has no counterpart in chat, such as a file that only another provider keeps. */
function partsOf(content: readonly unknown[]): Fields[] | undefined {
  const parts = content.map((part) => (isRecord(part) ? partOf(part) : undefined));
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function partOf(part: Fields): Fields | undefined {
  const { type, text, refusal, image_url, detail, input_audio } = part;
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return typeof text === 'string' ? { type: 'text', text } : undefined;
    case 'refusal':
      return typeof refusal === 'string' ? { type: 'text', text: refusal } : undefined;
    case 'input_image':
      if (typeof image_url !== 'string') return undefined;
      return { type: 'image_url', image_url: { url: image_url, ...(typeof detail === 'string' && { detail: knownDetail(detail) }) } };
    case 'input_file':
      return filePart(part);
    case 'input_audio':
      return isRecord(input_audio) ? { type: 'input_audio', input_audio } : undefined;
    default:
      return undefined;
  }
}

/** A file given inline or by URL; chat has one field for both. */
function filePart({ filename, file_data, file_url }: Fields): Fields | undefined {
  const named = isFilled(filename) ? { filename } : {};
  if (isFilled(file_data)) return { type: 'file', file: { ...named, file_data } };
  return isFilled(file_url) ? { type: 'file', file: { filename: fileNameIn(file_url), ...named, file_data: file_url } } : undefined;
}
