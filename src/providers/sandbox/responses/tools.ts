import { type Fields, isRecord, recordOf, recordsOf, textOrEmpty } from '../../../core/record';
import type { LanguageRequest, Tool } from '../request';

/** The tools of the request and those that its input brings along; hosted tools are not called. */
export function readTools(body: Fields): Pick<LanguageRequest, 'tools' | 'mustCallTool'> {
  const additional = recordsOf(body.input).filter((item) => item.type === 'additional_tools');
  const tools = [body, ...additional].flatMap((holder) => recordsOf(holder.tools).flatMap((tool) => readTool(tool, undefined)));
  const choice = body.tool_choice;
  if (choice === 'none') return { tools: [], mustCallTool: false };
  if (!isRecord(choice)) return { tools, mustCallTool: choice === 'required' && tools.length > 0 };
  const allowed = choice.type === 'allowed_tools' ? recordsOf(choice.tools) : [choice];
  const names = allowed.filter((tool) => tool.type === 'function' || tool.type === 'custom').map((tool) => tool.name);
  const picked = tools.filter((tool) => names.includes(tool.name));
  const mustCall = choice.type !== 'allowed_tools' || choice.mode === 'required';
  return { tools: picked, mustCallTool: mustCall && picked.length > 0 };
}

function readTool(tool: Fields, namespace: string | undefined): Tool[] {
  const name = textOrEmpty(tool.name);
  const place = namespace === undefined ? {} : { namespace };
  if (tool.type === 'namespace' && namespace === undefined) return recordsOf(tool.tools).flatMap((inner) => readTool(inner, name));
  if (name === '') return [];
  if (tool.type === 'function') return [{ name, parameters: recordOf(tool.parameters), ...place }];
  return tool.type === 'custom' ? [{ name, parameters: {}, custom: true, ...place }] : [];
}
