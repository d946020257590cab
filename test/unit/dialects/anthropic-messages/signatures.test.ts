import { describe, expect, it } from 'vitest';
import { messagesBridge } from '../../../../src/dialects/anthropic-messages/bridge';
import { namesSignature, withoutPastThinking } from '../../../../src/dialects/anthropic-messages/signatures';
import { bodyOf, requestOf } from './support';

/** Spelled as a client may: what is kept must be kept as it is. */
const THOUGHT = '{ "type":"thinking", "thinking":"h\\u00fcm 1.0","signature":"Eq\\/QB==" }';
const REDACTED = '{"type":"redacted_thinking","data":"EmwKAh"}';
const TEXT = '{"type":"text" ,"text":"Hi"}';
const CALL = '{"type":"tool_use","id":"toolu_1","name":"f","input":{"n":1.0}}';
const RESULT = '{"type":"tool_result","tool_use_id":"toolu_1","content":"ok"}';
const user = (content: string) => `{"role":"user","content":${content}}`;
const assistant = (...blocks: string[]) => `{"role":"assistant","content":[${blocks.join(', ')}]}`;
const body = (...turns: string[]) => `{"model":"claude-opus-4-6","max_tokens":1000, "messages": [${turns.join(' ,\n')}] }`;

describe('thinking of turns that are over', () => {
  it('is left out, and all else stays as it is', () => {
    const before = body(user('"a"'), assistant(THOUGHT, REDACTED, TEXT), user('"b"'), assistant(TEXT), user(`[${TEXT}]`));
    const after = body(user('"a"'), assistant(TEXT), user('"b"'), assistant(TEXT), user(`[${TEXT}]`));
    expect(withoutPastThinking(before)).toBe(after);
  });

  it('is left out of a tool’s cycle that is over', () => {
    const before = body(user('"a"'), assistant(THOUGHT, CALL), user(`[${RESULT}]`), assistant(THOUGHT, TEXT), user('"b"'));
    const after = body(user('"a"'), assistant(CALL), user(`[${RESULT}]`), assistant(TEXT), user('"b"'));
    expect(withoutPastThinking(before)).toBe(after);
  });

  it('stays in the cycle that is going on', () => {
    const active = [assistant(THOUGHT, CALL), user(`[${RESULT}]`), assistant(REDACTED, CALL), user(`[${RESULT},${TEXT}]`)];
    const before = body(user('"a"'), assistant(THOUGHT, TEXT), user('"b"'), ...active);
    const after = body(user('"a"'), assistant(TEXT), user('"b"'), ...active);
    expect(withoutPastThinking(before)).toBe(after);
  });

  it('stays in an answer that is to be gone on with', () => {
    const before = body(user('"a"'), assistant(THOUGHT, TEXT));
    expect(withoutPastThinking(before)).toBe(before);
  });

  it('leaves a turn that was nothing else with something to say', () => {
    const after = withoutPastThinking(body(user('"a"'), assistant(THOUGHT), user('"b"')));
    expect(after).toBe(body(user('"a"'), assistant('{"type":"text","text":"(no text)"}'), user('"b"')));
  });

  it('is nothing to look for where there is none', () => {
    for (const text of [bodyOf(), body(user('"a"'), '{"role":"assistant","content":"thinking"}', user('"b"'))])
      expect(withoutPastThinking(text)).toBe(text);
  });
});

const past = body(user('"a"'), assistant(THOUGHT, TEXT), user('"b"'));
const target = { model: 'claude-opus-4-6', moved: false };

describe('a request at another provider', () => {
  it('goes without the thinking of turns that are over', () => {
    const bridge = messagesBridge(requestOf(past));
    expect(bridge.request(target).body).toBe(past);
    expect(bridge.request({ ...target, moved: true }).body).toBe(body(user('"a"'), assistant(TEXT), user('"b"')));
  });
});

describe('a request that was refused for a signature', () => {
  const INVALID = 'messages.1.content.0: Invalid `signature` in `thinking` block';

  it.each([
    INVALID,
    'messages.3.content.0: Invalid signature in thinking block',
    'messages.1.content.0.thinking.signature: Field required',
    'messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.',
    'messages.5.content.8: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.',
    'thinking or redacted_thinking blocks cannot be modified',
    'messages.1.content.0: Invalid `data` in `redacted_thinking` block',
  ])('is sent once more without what may be at fault: %s', (message) => {
    const repaired = messagesBridge(requestOf(past)).repaired!(message);
    expect(repaired?.request(target).body).toBe(body(user('"a"'), assistant(TEXT), user('"b"')));
    expect(repaired?.repaired?.(message)).toBeUndefined();
  });

  it.each([
    'prompt is too long: 210000 tokens > 200000 maximum',
    'max_tokens: 300000 > 128000',
    'tools.0.custom.name: signature is not a valid name',
    'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`.',
  ])('is not repaired for another reason: %s', (message) => {
    expect(namesSignature(message)).toBe(false);
    expect(messagesBridge(requestOf(past)).repaired!(message)).toBeUndefined();
  });

  it('is not repaired where nothing can be left out', () => {
    const active = body(user('"a"'), assistant(THOUGHT, CALL), user(`[${RESULT}]`));
    expect(messagesBridge(requestOf(active)).repaired!(INVALID)).toBeUndefined();
  });
});
