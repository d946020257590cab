import { describe, expect, it } from 'vitest';
import { callInSignature, signatureOfCall, withCallIds, withoutCallIds } from '../../../../src/dialects/gemini/call-signatures';
import { itemId, responseId } from '../../../../src/dialects/openai-responses/ids';
import { NO_SIGNATURE } from '../../../../src/dialects/thought-signatures';
import { REQUEST_ID } from '../openai-responses/support';

const IDS = [0, 7, 42, 123].map((index) => itemId('call', responseId(REQUEST_ID), index));

describe('the signature of a call that thoughts are kept for', () => {
  it('tells the call again, with or without what fills it up', () => {
    for (const id of IDS) {
      const signature = signatureOfCall(id)!;
      expect([callInSignature(signature), callInSignature(signature.replace(/=+$/, ''))]).toEqual([id, id]);
    }
  });

  it.each(['call_1', 'call_AbCdEf', 'toolu_1', undefined])('is none where nothing is kept: %s', (id) => {
    expect(signatureOfCall(id)).toBeUndefined();
  });

  it.each([undefined, '', 'AVjA=', 'Y2FsbF', 'Y2FsbF8xMjM=', 'Y2FsbF8x4', btoa('call_nothing of ours')])(
    'is not that of a model: %s',
    (signature) => {
      expect(callInSignature(signature)).toBeUndefined();
    },
  );

  it('is read wherever a body brings it back, and goes to no model', () => {
    const [id] = IDS;
    const call = { functionCall: { name: 'look', args: {} } };
    const text = `"thoughtSignature":"${signatureOfCall(id)}"`;
    const body = (signature: string) =>
      JSON.stringify({ parts: [{ ...call, thoughtSignature: signature }, { ...call, thoughtSignature: 'AVjA=' }, { text }] });
    expect(withCallIds(body(signatureOfCall(id)!))).toBe(body(id!));
    expect(withoutCallIds(body(signatureOfCall(id)!))).toBe(body(NO_SIGNATURE));
  });
});
