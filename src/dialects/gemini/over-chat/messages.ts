import type { Fields } from '../../../core/record';
import { NO_RESULT } from '../../lost-results';
import { extraContent } from '../../thought-signatures';
import { callInSignature } from '../call-signatures';
import { field, listField, recordField, textField } from '../fields';
import { mediaContent } from './media';
import type { FunctionNames } from './names';

/** OpenAI refuses longer call ids: https://github.com/vercel/ai/issues/5171 */
const MAX_ID_CHARS = 40;

/** A part's text. Code that Google's own tool ran is given as text too. */
function textOf(part: Fields): string | undefined {
  const text = textField(part, 'text');
  if (text !== undefined) return text;
  const code = textField(recordField(part, 'executableCode') ?? {}, 'code');
  if (code !== undefined) return `\`\`\`\n${code}\n\`\`\``;
  return textField(recordField(part, 'codeExecutionResult') ?? {}, 'output');
}

/** A function's result: its `output` where that is a text and all there is, else the whole object as JSON. */
function resultText(response: Fields): string {
  const result = field(response, 'response') ?? {};
  const { output, ...others } = recordField(response, 'response') ?? {};
  return typeof output === 'string' && Object.keys(others).length === 0 ? output : JSON.stringify(result);
}

/** Converts Gemini's contents to chat messages. Calls and results are matched by id, else by name in order. */
export class Conversation {
  readonly messages: Fields[] = [];
  /** Calls whose results are still to come. */
  private pending: { id: string; given: string | undefined; name: string }[] = [];
  private readonly ids = new Set<string>();

  /** @param notes What to tell the model of options that this format lacks. */
  constructor(
    json: Fields,
    notes: readonly string[],
    private readonly names: FunctionNames,
  ) {
    const instruction = field(json, 'systemInstruction');
    const said = typeof instruction === 'string' ? [instruction] : systemTexts(recordField(json, 'systemInstruction') ?? {});
    const system = [...said, ...notes].join('\n');
    if (system !== '') this.messages.push({ role: 'system', content: system });
    // Consecutive turns of one side are one turn: the results of parallel calls may each have their own.
    let side: 'model' | 'user' | undefined;
    let parts: Fields[] = [];
    for (const content of listField(json, 'contents')) {
      const next = content.role === 'model' ? 'model' : 'user';
      if (next !== side) {
        this.add(side, parts);
        parts = [];
      }
      side = next;
      parts.push(...listField(content, 'parts'));
    }
    this.add(side, parts);
    this.answerPending();
  }

  private add(side: 'model' | 'user' | undefined, parts: readonly Fields[]): void {
    if (side === 'model') this.addModel(parts);
    else if (side === 'user') this.addUser(parts);
  }

  private addModel(parts: readonly Fields[]): void {
    this.answerPending();
    const spoken = parts.filter((part) => part.thought !== true);
    const text = spoken.map((part) => textOf(part) ?? '').join('');
    const drawn = spoken.filter((part) => recordField(part, 'inlineData')).flatMap((part): Fields[] => [mediaContent(part) ?? {}]);
    const images = drawn.filter(({ type }) => type === 'image_url');
    const calls = spoken.flatMap((part) => this.callOf(part));
    if (text === '' && images.length === 0 && calls.length === 0) return;
    const thought = parts.map((part) => (part.thought === true ? (textOf(part) ?? '') : '')).join('');
    const signed = spoken.findLast((part) => !recordField(part, 'functionCall') && textField(part, 'thoughtSignature') !== undefined);
    this.messages.push({
      role: 'assistant',
      content: text === '' && calls.length > 0 ? null : text,
      ...(calls.length > 0 && { tool_calls: calls }),
      // Thinking models want the thought back with the calls that it led to, and nowhere else.
      ...(calls.length > 0 && thought !== '' && { reasoning_content: thought }),
      ...(images.length > 0 && { images }),
      ...extraContent(signed && textField(signed, 'thoughtSignature')),
    });
  }

  private callOf(part: Fields): Fields[] {
    const call = recordField(part, 'functionCall');
    if (!call) return [];
    const name = textField(call, 'name') ?? '';
    const signature = textField(part, 'thoughtSignature');
    const signedId = callInSignature(signature);
    const given = textField(call, 'id') ?? signedId;
    const id = this.newId(given);
    this.pending.push({ id, given, name });
    const signed = signedId === undefined ? extraContent(signature) : {};
    return [
      {
        id,
        type: 'function',
        function: { name: this.names.toChat(name), arguments: JSON.stringify(field(call, 'args') ?? {}) },
        ...signed,
      },
    ];
  }

  private newId(given: string | undefined): string {
    let id = given === undefined || given.length > MAX_ID_CHARS ? '' : given;
    for (let n = this.ids.size + 1; id === '' || this.ids.has(id); n++) id = `call_${n}`;
    this.ids.add(id);
    return id;
  }

  private addUser(parts: readonly Fields[]): void {
    const content: Fields[] = [];
    for (const part of parts) {
      const response = recordField(part, 'functionResponse');
      const text = response ? this.addResult(response) : textOf(part);
      if (text !== undefined) content.push({ type: 'text', text });
      for (const shown of response ? listField(response, 'parts') : [part]) {
        const media = mediaContent(shown);
        if (media) content.push(media);
      }
    }
    this.answerPending();
    if (content.length === 0) return;
    // A plain string where possible, since many upstreams take lists of content only where needed.
    const plain = content.every(({ type }) => type === 'text');
    this.messages.push({ role: 'user', content: plain ? content.map(({ text }) => text).join('\n') : content });
  }

  /** The result as a message of its own; returned as text where it belongs to no call. */
  private addResult(response: Fields): string | undefined {
    const id = textField(response, 'id');
    const name = textField(response, 'name') ?? '';
    const call =
      this.pending.find((open) => open.id === id || (id !== undefined && open.given === id)) ??
      this.pending.find((open) => open.name === name);
    if (!call) return `Result of ${name}: ${resultText(response)}`;
    this.pending = this.pending.filter((open) => open !== call);
    this.messages.push({ role: 'tool', tool_call_id: call.id, content: resultText(response) });
    return undefined;
  }

  /** Every call needs a result before the conversation may go on. */
  private answerPending(): void {
    for (const { id } of this.pending) this.messages.push({ role: 'tool', tool_call_id: id, content: NO_RESULT });
    this.pending = [];
  }
}

const systemTexts = (instruction: Fields): string[] => {
  const parts = listField(instruction, 'parts');
  return (parts.length > 0 ? parts : [instruction]).flatMap((part) => textField(part, 'text') ?? []);
};
