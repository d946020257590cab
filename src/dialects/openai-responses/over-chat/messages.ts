import { sniffType } from '../../../core/media-type';
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
  /** What the model thought before the calls that follow: some upstreams want it back with them, and only there. */
  private thought = '';

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
        this.addThought(item);
        return true;
      case 'image_generation_call':
        return this.addPicture(item);
      default:
        return false;
    }
  }

  private addMessage({ role, content }: Fields): boolean {
    const chatRole = ROLES[String(role)];
    if (chatRole === undefined) return false;
    this.showImages();
    if (chatRole !== 'assistant') this.thought = '';
    if (typeof content === 'string') {
      this.messages.push({ role: chatRole, content });
      return true;
    }
    const parts = Array.isArray(content) ? partsOf(content) : undefined;
    if (!parts || (chatRole !== 'user' && parts.some(({ type }) => type !== 'text'))) return false;
    this.messages.push({ role: chatRole, content: parts.every(({ type }) => type === 'text') ? textOf(parts) : parts });
    return true;
  }

  /** A cipher is left out: only the upstream that thought it can read it. */
  private addThought({ summary, content }: Fields): void {
    const written = (list: unknown): string[] =>
      Array.isArray(list)
        ? (list as unknown[]).flatMap((part) => (isRecord(part) && typeof part.text === 'string' ? [part.text] : []))
        : [];
    const whole = written(content);
    const said = whole.length > 0 ? whole : written(summary);
    this.thought = [this.thought, ...said].filter((text) => text !== '').join('\n');
  }

  /** A picture that the model drew: it belongs to what the model said. */
  private addPicture({ result }: Fields): boolean {
    if (typeof result !== 'string' || result === '') return true;
    this.showImages();
    const image = { type: 'image_url', image_url: { url: dataUrl(result) } };
    const last = this.messages.at(-1);
    if (last?.role !== 'assistant') this.messages.push({ role: 'assistant', content: '', images: [image] });
    else last.images = [...(Array.isArray(last.images) ? (last.images as unknown[]) : []), image];
    return true;
  }

  /** Calls that stand together are one message of the assistant's, behind what it said. */
  private addCall({ call_id, name, namespace, extra_content }: Fields, args: unknown): boolean {
    if (typeof call_id !== 'string' || typeof name !== 'string' || typeof args !== 'string') return false;
    this.showImages();
    const called = chatName({ name, ...(typeof namespace === 'string' && { namespace }) });
    const signed = isRecord(extra_content) ? { extra_content } : {};
    const call = { id: call_id, type: 'function', function: { name: called, arguments: args }, ...signed };
    let last = this.messages.at(-1);
    if (last?.role !== 'assistant') {
      last = { role: 'assistant', content: null };
      this.messages.push(last);
    }
    last.tool_calls = [...(Array.isArray(last.tool_calls) ? (last.tool_calls as unknown[]) : []), call];
    if (this.thought !== '') last.reasoning_content = this.thought;
    return true;
  }

  private addOutput({ call_id, output }: Fields): boolean {
    if (typeof call_id !== 'string') return false;
    const parts = typeof output === 'string' ? [{ type: 'text', text: output }] : Array.isArray(output) ? partsOf(output) : undefined;
    if (!parts) return false;
    this.thought = '';
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

const UNKNOWN_PICTURE = 'image/png';
/** Of base64: as many bytes as tell a type. */
const HEAD_CHARS = 24;

function dataUrl(base64: string): string {
  const head = base64.slice(0, HEAD_CHARS);
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(head) && head.length % 4 === 0;
  const type = isBase64 ? sniffType(Uint8Array.fromBase64(head)) : undefined;
  return `data:${type ?? UNKNOWN_PICTURE};base64,${base64}`;
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
