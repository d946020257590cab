import { type Fields, isRecord, recordOf } from '../../../core/record';

const ANY_PARAMETERS = { type: 'object', properties: {} };

/** Undefined when a tool has no counterpart in this format. */
export function responsesTools(tools: readonly unknown[]): Fields[] | undefined {
  const converted = tools.map((tool) => (isRecord(tool) ? toolOf(tool) : undefined));
  return converted.every((tool) => tool !== undefined) ? converted : undefined;
}

function toolOf({ type, function: called, custom }: Fields): Fields | undefined {
  if (type === 'function' && isRecord(called)) return functionOf(called);
  return type === 'custom' && isRecord(custom) ? customOf(custom) : undefined;
}

/** `strict` is always set: its default is false in chat and true here (https://platform.openai.com/docs/guides/migrate-to-responses). */
const functionOf = ({ name, description, parameters, strict }: Fields): Fields => ({
  type: 'function',
  name,
  ...(typeof description === 'string' && { description }),
  parameters: isRecord(parameters) ? parameters : ANY_PARAMETERS,
  strict: strict === true,
});

function customOf({ name, description, format }: Fields): Fields {
  const { type, grammar } = recordOf(format);
  return {
    type: 'custom',
    name,
    ...(typeof description === 'string' && { description }),
    ...(type !== undefined && { format: { type, ...recordOf(grammar) } }),
  };
}

/** A tool choice without chat's nested object. */
const named = ({ type, function: called, custom }: Fields): Fields => {
  const tool = [called, custom].find(isRecord);
  return { type, ...(tool && { name: tool.name }) };
};

export function responsesToolChoice(choice: unknown): unknown {
  if (!isRecord(choice)) return choice;
  if (choice.type !== 'allowed_tools') return named(choice);
  const { mode, tools } = recordOf(choice.allowed_tools);
  return { type: 'allowed_tools', mode, tools: Array.isArray(tools) ? (tools as unknown[]).filter(isRecord).map(named) : [] };
}
