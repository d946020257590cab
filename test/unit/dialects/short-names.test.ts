import { describe, expect, it } from 'vitest';
import { refusesNames, shortNames } from '../../../src/dialects/short-names';

const LONG = 'mcp__plugin_chrome-devtools-mcp_chrome-devtools__performance_analyze_insight';
const DOTTED = 'files.read';
/** What every provider takes. */
const TAKEN = /^[A-Za-z_][\w-]{0,63}$/;

const functionOf = (name: string) => ({ type: 'function', function: { name, parameters: { properties: { name: { type: 'string' } } } } });

/** Bodies of the four formats, each with both names wherever the format has names of tools. */
const BODIES: Record<string, object> = {
  chat: {
    messages: [
      { role: 'user', name: 'A. Person', content: `Use "${LONG}".` },
      { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: LONG, arguments: `{"name":"${LONG}"}` } }] },
      { role: 'tool', tool_call_id: 'c', name: LONG, content: 'ok' },
    ],
    tools: [functionOf('plain'), functionOf(LONG), functionOf(DOTTED)],
    tool_choice: { type: 'function', function: { name: DOTTED } },
  },
  responses: {
    input: [{ type: 'function_call', call_id: 'c', name: LONG, arguments: '{}' }],
    tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'function', name: DOTTED }] }],
    tool_choice: { type: 'function', name: DOTTED },
  },
  messages: {
    messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 't', name: LONG, input: {} }] }],
    tools: [{ name: DOTTED, input_schema: { type: 'object' } }],
    tool_choice: { type: 'tool', name: DOTTED },
  },
  gemini: {
    contents: [{ role: 'model', parts: [{ functionCall: { name: LONG, args: {} } }] }, { parts: [{ functionResponse: { name: LONG } }] }],
    tools: [{ function_declarations: [{ name: DOTTED }] }],
    toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['plain', DOTTED] } },
  },
};

describe('names of tools that are too long, or have characters of their own', () => {
  it.each(Object.entries(BODIES))('become short wherever they stand in a request, and whole again in an answer: %s', (format, json) => {
    const body = JSON.stringify(json);
    const names = shortNames(body)!;
    const sent = names.shortened(body);
    const [long, dotted] = [LONG, DOTTED].map((name) => names.shortened(`{"name": "${name}"}`).slice(10, -2)) as [string, string];
    expect([long, dotted]).toEqual([expect.stringMatching(TAKEN), expect.stringMatching(TAKEN)]);
    // Neither what was said nor the arguments of a call is touched.
    const expected = body.replaceAll(`"${LONG}"`, `"${long}"`).replaceAll(`"${DOTTED}"`, `"${dotted}"`);
    expect(sent).toBe(expected);
    if (format === 'chat') expect(sent).toContain('A. Person');
    expect(names.restored(sent)).toBe(body);
  });

  it('differ still where all that is kept of them is the same, and are the same in the next turn', () => {
    const like = (middle: string): string => `${'a'.repeat(30)}${middle}${'z'.repeat(40)}`;
    const nameOf = (...given: string[]): string[] => {
      const body = JSON.stringify({ tools: given.map(functionOf) });
      return JSON.parse(shortNames(body)!.shortened(body)).tools.map((tool: ReturnType<typeof functionOf>) => tool.function.name);
    };
    const names = nameOf(like('1'), like('2'), 'a.b', 'a b', '1st', 'é"\\');
    expect(new Set(names).size).toBe(6);
    expect(names).toEqual(names.map(() => expect.stringMatching(TAKEN)));
    expect(nameOf('other.one', like('2'))[1]).toBe(names[1]);
    const ofAnyLength = nameOf(...Array.from({ length: 40 }, (_, index) => `${'a'.repeat(30 + index)}.`));
    expect(ofAnyLength).toEqual(ofAnyLength.map(() => expect.stringMatching(TAKEN)));
  });

  it('may stand beside names of megabytes, or of characters that lists are made of', () => {
    const bracketed = 'a]"$&b';
    const allowed = { allowedFunctionNames: [bracketed, { name: DOTTED }, DOTTED], name: DOTTED };
    const body = JSON.stringify({ tools: [{ name: bracketed }, { name: DOTTED }], allowed, metadata: { name: 'a'.repeat(16_000_000) } });
    const names = shortNames(body)!;
    const sent = names.shortened(body);
    const { tools, allowed: sentAllowed } = JSON.parse(sent) as { tools: { name: string }[]; allowed: typeof allowed };
    const [shortBracketed, shortDotted] = tools.map(({ name }) => name);
    expect(sentAllowed).toEqual({ allowedFunctionNames: [shortBracketed, { name: DOTTED }, shortDotted], name: shortDotted });
    expect(names.restored(sent) === body).toBe(true);
  });

  it('are all that is looked for', () => {
    expect(
      shortNames(JSON.stringify({ messages: [{ name: 'A. Person' }], metadata: { name: 'a.b' }, tools: [functionOf('plain')] })),
    ).toBeUndefined();
    expect(shortNames('no JSON')).toBeUndefined();
    expect(shortNames(JSON.stringify({ background: true, tools: [functionOf(DOTTED)] }))).toBeUndefined();
  });

  it.each([
    "Invalid 'tools[43].function.name': string too long. Expected a string with maximum length 64, but got a string with length 71 instead.",
    "Invalid 'input[2].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    'tools.43.custom.name: String should have at most 64 characters',
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    'messages.18.content.0.tool_result.content.0.tool_reference.tool_name: String should have at most 64 characters',
    '* tools[0].function_declarations[12].name: [FIELD_INVALID] Invalid function name. Must start with a letter or an underscore.',
    'function name is invalid, must start with a letter and can contain letters, numbers, underscores, and dashes',
    '<400> InternalError.Algo.InvalidParameter: The length of the tool name cannot exceed 64.',
  ])('are refused by each provider in its own words: %s', (message) => {
    expect(refusesNames(message)).toBe(true);
  });

  it('are not what is refused where a value of another field is', () => {
    expect(refusesNames("Invalid 'messages[1].tool_calls[0].id': string too long.")).toBe(false);
  });
});
