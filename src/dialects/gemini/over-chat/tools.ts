import { NO_PARAMETERS } from '../../openai-chat/tool-calls';
import { type Fields, field, listField, recordField, textField } from '../fields';
import { jsonSchema } from './schema';

function parametersOf(declaration: Fields): Fields {
  const asJsonSchema = recordField(declaration, 'parametersJsonSchema');
  if (asJsonSchema) return asJsonSchema;
  const schema = recordField(declaration, 'parameters');
  return schema ? { ...NO_PARAMETERS, ...jsonSchema(schema) } : NO_PARAMETERS;
}

function toolOf(declaration: Fields): Fields[] {
  const name = textField(declaration, 'name');
  if (name === undefined) return [];
  const description = textField(declaration, 'description');
  return [
    { type: 'function', function: { name, ...(description !== undefined && { description }), parameters: parametersOf(declaration) } },
  ];
}

export const hasFunctions = (json: Fields): boolean =>
  listField(json, 'tools').some((tool) => listField(tool, 'functionDeclarations').length > 0);

const nameOf = (tool: Fields): unknown => recordField(tool, 'function')?.name;

/**
 * Functions as tools, and which of them may or must be called. Several allowed names have no common form in chat:
 * only those tools are sent then.
 */
export function toolFields(json: Fields): Fields {
  const all = listField(json, 'tools').flatMap((tool) => listField(tool, 'functionDeclarations').flatMap(toolOf));
  if (all.length === 0) return {};
  const config = recordField(recordField(json, 'toolConfig') ?? {}, 'functionCallingConfig') ?? {};
  const mode = textField(config, 'mode');
  if (mode === 'NONE') return { tools: all, tool_choice: 'none' };
  const names = field(config, 'allowedFunctionNames');
  const allowed = Array.isArray(names) && names.length > 0 ? all.filter((tool) => names.includes(nameOf(tool))) : all;
  const tools = allowed.length > 0 ? allowed : all;
  if (mode === 'ANY') {
    const [only] = tools;
    return { tools, tool_choice: tools.length === 1 ? { type: 'function', function: { name: nameOf(only!) } } : 'required' };
  }
  return mode === undefined || mode === 'MODE_UNSPECIFIED' ? { tools } : { tools, tool_choice: 'auto' };
}
