/** Gemini's generateContent as the provider writes it. */

const USAGE = { promptTokenCount: 120, candidatesTokenCount: 30, totalTokenCount: 150 };

export const matches = (path) => /\/models\/[^/]+:\w+/.test(path);

export const aside = (seen) => (seen.path.includes(':countTokens') ? { totalTokens: 100 } : undefined);

export function read({ body, path }) {
  const parts = (body.contents ?? []).flatMap((content) => content.parts ?? []);
  const declared = (body.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);
  return {
    stream: path.includes(':streamGenerateContent'),
    hasTools: declared.length > 0,
    toolNames: declared.map(({ name }) => name),
    toolResults: parts.filter((part) => part.functionResponse).map((part) => JSON.stringify(part.functionResponse)),
  };
}

const candidate = (parts, more = {}) => ({ content: { role: 'model', parts }, index: 0, ...more });

const STATUSES = { 400: 'INVALID_ARGUMENT', 402: 'FAILED_PRECONDITION', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL' };

function partsOf(turn) {
  if (turn.kind === 'tool') return [{ functionCall: { name: turn.name, args: turn.arguments }, thoughtSignature: 'c2lnbmF0dXJl' }];
  return [{ text: turn.text }];
}

export function stream(turn, { id, model }) {
  const chunk = (candidates, more = {}) =>
    `data: ${JSON.stringify({ candidates, modelVersion: model, responseId: id, usageMetadata: USAGE, ...more })}\r\n\r\n`;
  if (turn.kind === 'cut') return { steps: ['cut'] };
  const silence = turn.silentMs === undefined ? [] : [chunk([candidate([{ text: 'Hm.', thought: true }])]), { pauseMs: turn.silentMs }];
  return { steps: [...silence, chunk([candidate(partsOf(turn))]), chunk([candidate([{ text: '' }], { finishReason: 'STOP' })])] };
}

export const whole = (turn, { id, model }) => ({
  candidates: [candidate(partsOf(turn), { finishReason: 'STOP' })],
  modelVersion: model,
  responseId: id,
  usageMetadata: USAGE,
});

/** Tells Gemini CLI that waiting will not help; without it a 429 is retried for minutes. */
const QUOTA_OF_THE_DAY = {
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaMetric: 'credits', quotaId: 'CreditsPerDay' }],
};

export const failure = ({ status, message, code }) => ({
  error: {
    code: status,
    message,
    status: STATUSES[status] ?? 'UNKNOWN',
    ...(code === 'insufficient_quota' && { details: [QUOTA_OF_THE_DAY] }),
  },
});

/**
 * Gemini 3 refuses a function call that comes back without its signature or the placeholder for one
 * (https://ai.google.dev/gemini-api/docs/thought-signatures).
 */
export function refuse({ body }) {
  const parts = (body.contents ?? []).flatMap((content) => content.parts ?? []);
  if (!parts.some((part) => part.functionCall && !part.thoughtSignature)) return undefined;
  return { kind: 'failure', status: 400, message: 'Function call is missing a thought_signature in functionCall parts.' };
}
