import type { Fields } from '../../../core/record';
import { chatName } from '../../openai-responses/over-chat/tools';
import { listField, textField } from '../fields';

/** The names of the functions that a request declares. */
export const declaredNames = (json: Fields): string[] =>
  listField(json, 'tools')
    .flatMap((tool) => listField(tool, 'functionDeclarations'))
    .flatMap((declaration) => textField(declaration, 'name') ?? []);

/**
 * Function names in chat. Google allows dots, colons and longer names
 * (https://ai.google.dev/api/caching#FunctionDeclaration); a name that chat would refuse is replaced by another.
 */
export class FunctionNames {
  private readonly inChat = new Map<string, string>();
  private readonly own = new Map<string, string>();

  constructor(declared: readonly string[]) {
    const names = new Set(declared);
    const taken = new Set(names);
    for (const name of names) {
      let other = chatName({ name });
      if (other === name) continue;
      for (let n = 2; taken.has(other); n++) other = chatName({ name: `${name}_${n}` });
      taken.add(other);
      this.inChat.set(name, other);
      this.own.set(other, name);
    }
  }

  /** A conversation may also name functions that are not declared. */
  toChat(name: string): string {
    return this.inChat.get(name) ?? chatName({ name });
  }

  toOwn(name: string): string {
    return this.own.get(name) ?? name;
  }
}
