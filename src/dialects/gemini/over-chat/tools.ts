import { type Fields, textOrEmpty } from '../../../core/record';
import { NO_PARAMETERS } from '../../openai-chat/tool-calls';
import { field, listField, recordField, textField } from '../fields';
import type { FunctionNames } from './names';
import { jsonSchema } from './schema';

function parametersOf(declaration: Fields): Fields {
  const asJsonSchema = recordField(declaration, 'parametersJsonSchema');
  // OpenAI requires these two in every function's schema.
  if (asJsonSchema) return { ...NO_PARAMETERS, ...asJsonSchema };
  const schema = recordField(declaration, 'parameters');
  return schema ? { ...NO_PARAMETERS, ...jsonSchema(schema) } : NO_PARAMETERS;
}

function toolOf(declaration: Fields, names: FunctionNames): Fields[] {
  const own = textField(declaration, 'name');
  if (own === undefined) return [];
  const name = names.toChat(own);
  const description = textField(declaration, 'description');
  return [
    { type: 'function', function: { name, ...(description !== undefined && { description }), parameters: parametersOf(declaration) } },
  ];
}

export const hasFunctions = (json: Fields): boolean =>
  listField(json, 'tools').some((tool) => listField(tool, 'functionDeclarations').length > 0);

const nameOf = (tool: Fields): unknown => recordField(tool, 'function')?.name;

/** Functions as tools, and the choice among them. Chat has no common form for several allowed names, so then only those tools are sent. */
export function toolFields(json: Fields, names: FunctionNames): Fields {
  const declared = listField(json, 'tools').flatMap((tool) => listField(tool, 'functionDeclarations'));
  const all = declared.flatMap((declaration) => toolOf(declaration, names));
  if (all.length === 0) return {};
  const config = recordField(recordField(json, 'toolConfig') ?? {}, 'functionCallingConfig') ?? {};
  const mode = textField(config, 'mode');
  if (mode === 'NONE') return { tools: all, tool_choice: 'none' };
  const given = field(config, 'allowedFunctionNames');
  const chosen = new Set(Array.isArray(given) ? given.map((name) => names.toChat(textOrEmpty(name))) : []);
  const allowed = all.filter((tool) => chosen.has(String(nameOf(tool))));
  const tools = allowed.length > 0 ? allowed : all;
  if (mode === 'ANY') {
    const [only] = tools;
    return { tools, tool_choice: tools.length === 1 ? { type: 'function', function: { name: nameOf(only!) } } : 'required' };
  }
  return mode === undefined || mode === 'MODE_UNSPECIFIED' ? { tools } : { tools, tool_choice: 'auto' };
}
