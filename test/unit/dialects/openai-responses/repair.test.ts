import { describe, expect, it } from 'vitest';
import { responsesBridge } from '../../../../src/dialects/openai-responses/bridge';
import { requestOf } from './support';

const MODEL = 'gpt-5.3-codex';
const repaired = (body: string, message: string): string | undefined =>
  responsesBridge({ ...requestOf(), body }).repaired!(message)?.request({ model: MODEL, moved: false }).body;
const bodyWith = (...items: string[]): string => `{ "model" : "${MODEL}","temperature":1.0, "input":[${items.join(',')}] }`;

const USER = '{"type":"message","role":"user","content":"rs_1 \\u00e9"}';
const THOUGHT = '{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"}';
const COMPACTION = '{"type":"compaction","id":"cmp_1","encrypted_content":"gBBB"}';
const REFERENCE = '{"type":"item_reference","id":"msg_0"}';

describe('thoughts that the upstream cannot read', () => {
  const call = (id: string) => `{"type":"function_call",${id}"call_id":"c1","name":"f","arguments":"{ \\"a\\":1.0}"}`;
  const output = '{"type":"function_call_output","call_id":"c1","output":"x"}';

  it.each([
    'The encrypted content gAAA could not be verified. Reason: Encrypted content organization_id did not match the target organization.',
    'invalid_encrypted_content',
    "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.",
    "Invalid 'input[4].id': 'call_1'. Expected an ID that begins with 'fc'.",
    "Invalid 'input[4].id': 'fc_/+'. Expected an ID that contains letters, numbers, underscores, or dashes",
    "Item 'fc_1' of type 'function_call' was provided without its required 'reasoning' item: 'rs_0'.",
    "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
  ])('are left out, and with them the ids that bind other items to them: %s', (message) => {
    const kept = [COMPACTION, REFERENCE, USER];
    expect(repaired(bodyWith(...kept, THOUGHT, call('"id":"fc_1",'), output), message)).toBe(bodyWith(...kept, call(''), output));
  });

  it('lose the words of an open model, which OpenAI refuses, and stay where they are encrypted too', () => {
    const words = '"content":[{"type":"reasoning_text","text":"Hm."}]';
    const ofOpenModel = `{"type":"reasoning","id":"rs_2","summary":[],${words},"encrypted_content":null}`;
    const spoken = THOUGHT.replace('"encrypted', `${words},"encrypted`);
    const message =
      "Invalid 'input[1].content': array too long. Expected an array with maximum length 0, but got an array with length 1 instead.";
    expect(repaired(bodyWith(USER, ofOpenModel, call('"id":"fc_2",'), output, spoken), message)).toBe(
      bodyWith(USER, call(''), output, THOUGHT),
    );
    const tooMany = "Invalid 'input[0].content': array too long. Expected an array with maximum length 2048, but got 3000 instead.";
    expect(repaired(bodyWith(USER, spoken), tooMany)).toBeUndefined();
  });

  it('stay where something else is refused, and where there are none', () => {
    expect(repaired(bodyWith(USER, THOUGHT), 'temperature must be at most 2')).toBeUndefined();
    expect(repaired(bodyWith(COMPACTION, USER), 'The encrypted content could not be verified.')).toBeUndefined();
    expect(repaired(`{"model":"${MODEL}","input":"Hi"}`, 'The encrypted content could not be verified.')).toBeUndefined();
  });
});

describe('calls of tools and their results', () => {
  const call = (id: string, kind = 'function') => `{"type":"${kind}_call","call_id":"${id}" ,"name":"f"}`;
  const output = (id: string, said: string, kind = 'function') => `{"type":"${kind}_call_output","call_id":"${id}","output":"${said}"}`;
  const alone = (said: string) => `{"role":"user","content":"The result of a tool that was called earlier:\\n${said}"}`;

  it.each([
    'No tool output found for function call a.',
    'No tool output found for custom tool call b.',
    'No tool call found for function call output with call_id gone.',
  ])('are pairs where one of them is lost: %s', (message) => {
    const whole = [USER, call('c'), output('c', 'z')];
    expect(repaired(bodyWith(output('gone', 'x'), call('a'), call('b', 'custom_tool'), ...whole), message)).toBe(
      bodyWith(
        ...[alone('x'), call('a'), output('a', 'No result was given.')],
        ...[call('b', 'custom_tool'), output('b', 'No result was given.', 'custom_tool'), ...whole],
      ),
    );
    expect(repaired(bodyWith(...whole), message)).toBeUndefined();
  });

  it('stay as they are behind an answer that its provider keeps, which may hold the others', () => {
    const body = `{"model":"${MODEL}","previous_response_id":"resp_1","input":[${output('gone', 'x')}]}`;
    expect(repaired(body, 'No tool call found for function call output with call_id gone.')).toBeUndefined();
  });
});

it('ids of calls that another provider has given are short enough, and the same for a call and its result', () => {
  const items = (id: string) => [
    `{"type":"function_call","call_id":"${id}" ,"name":"f","arguments":"{}"}`,
    `{"type":"function_call_output","call_id":"${id}","output":"x"}`,
  ];
  const message =
    "Invalid 'input[1].call_id': string too long. Expected a string with maximum length 64, but got a string with length 86 instead.";
  expect(repaired(bodyWith(USER, ...items('c'.repeat(86)), ...items('c1')), message)).toBe(
    bodyWith(USER, ...items('long_call_1'), ...items('c1')),
  );
  expect(repaired(bodyWith(USER, ...items('c1')), message)).toBeUndefined();
});

it('signatures of a turn that came over chat are left out where they are not known', () => {
  const call = (more: string) => `{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"${more}}`;
  const signed = call(',"extra_content":{"google":{"thought_signature":"c2ln"}}');
  expect(repaired(bodyWith(USER, signed), "Unknown parameter: 'input[1].extra_content'.")).toBe(bodyWith(USER, call('')));
});

it('schemas of functions are whole where OpenAI asks for more than they have, wherever they stand', () => {
  const tool = (parameters: string) => `{"type":"function","name":"f" ,"parameters":${parameters}}`;
  const body = (parameters: string) =>
    `{"model":"${MODEL}","tools":[${tool(parameters)},{"type":"namespace","name":"n","tools":[${tool(parameters)}]},{"type":"web_search"}],"input":[{"type":"additional_tools","tools":[${tool(parameters)}]},${USER}]}`;
  const message = "Invalid schema for function 'f': In context=(), object schema missing properties.";
  expect(repaired(body('{"type":"object"}'), message)).toBe(body('{"type":"object","properties":{}}'));
  expect(repaired(body('{ "type":"object","properties":{}}'), message)).toBeUndefined();
});

it('leaves out a temperature where the model has one alone', () => {
  const refusal = "Unsupported parameter: 'temperature' is not supported with this model.";
  expect(repaired('{"model":"m","temperature":0.7,"input":"Hi"}', refusal)).toBe('{"model":"m","input":"Hi"}');
  expect(repaired('{"model":"m","temperature":3,"input":"Hi"}', "Invalid 'temperature': decimal above maximum value.")).toBeUndefined();
});

it('how an answer is picked is left to a model that takes no wishes', () => {
  const message = "Unsupported parameter: 'temperature' is not supported with this model.";
  expect(repaired(bodyWith(USER), message)).toBe(`{ "model" : "${MODEL}", "input":[${USER}] }`);
});

describe('what is told beside a request', () => {
  const body = (fields: string, item = '') => `{"model":"${MODEL}",${fields}"input":[{"role":"user"${item},"content":"phase"}]}`;

  it.each([
    ['"prompt_cache_retention":"24h",', 'Unsupported parameter: prompt_cache_retention'],
    ['"prompt_cache_options":{"mode":"implicit"},', 'Unsupported parameter: prompt_cache_options'],
    ['"access_programs":[],', '[invalid_request_error] unknown parameter `access_programs`'],
    ['"client_metadata":{"a":"b"},', "Unknown parameter: 'client_metadata'."],
  ])('is left out where it is not known: %s', (field, message) => {
    const kept = '"prompt_cache_key":"k",';
    expect(repaired(body(kept + field), message)).toBe(body(kept));
    expect(repaired(body(kept), message)).toBeUndefined();
  });

  it.each(['internal_chat_message_metadata_passthrough', 'phase', 'status'])('is left out of every item: %s', (name) => {
    expect(repaired(body('', `,"${name}":{"a":1}`), `Unknown parameter: 'input[0].${name}'.`)).toBe(body(''));
  });

  it('stays where its value is what is refused', () => {
    const message = "Unsupported value: 'prompt_cache_retention' does not support '24h' with this model.";
    expect(repaired(body('"prompt_cache_retention":"24h",'), message)).toBeUndefined();
  });
});
