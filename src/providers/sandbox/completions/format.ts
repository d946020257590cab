import { answerChoices, type Choice } from '../answer';
import { countUsage } from '../counts';
import type { Format, Setting } from '../exchange';
import { type Frame, type Framing, frame, serverSentEvents } from '../frames';
import { MAX_ANSWER_TOKENS, type Magic } from '../magic';
import { inBodyError, openaiErrors } from '../openai-errors';
import { openaiUsage } from '../openai-usage';
import { type LanguageRequest, type PromptTokens, promptOf } from '../request';
import type { StreamWriter } from '../stream';
import { type CompletionsRequest, type Prompt, parseCompletionsRequest } from './request';

const FINISH_REASONS = { stop: 'stop', length: 'length', tool_calls: 'stop', refusal: 'content_filter' };

interface Completion {
  envelope: Record<string, unknown>;
  choices: Choice[];
  /** What the text of each choice begins with. */
  echoes: string[];
  usage: ReturnType<typeof openaiUsage> | undefined;
}

/** OpenAI's legacy completions. */
export const completionsFormat: Format<CompletionsRequest> = {
  errors: openaiErrors,
  parse: parseCompletionsRequest,
  reply(request, setting) {
    const completion = complete(request, setting);
    return {
      body: () => [completionBody(completion)],
      failedBody: () => JSON.stringify(inBodyError()),
      stream: completionStream(completion, serverSentEvents(setting.magic), request.includeUsage),
    };
  },
};

function complete(request: CompletionsRequest, { magic, hash, createdSeconds }: Setting): Completion {
  const { prompts } = request;
  // The format has no place for reasoning.
  const { reasoning: _, ...spoken } = magic;
  const choices = prompts.flatMap((prompt, place) => answerPrompt(request, prompt, place, spoken, hash));
  const counts = countUsage(promptTokens(prompts), magic, choices);
  return {
    envelope: {
      id: `cmpl-sandbox${hash.slice(0, 24)}`,
      object: 'text_completion',
      created: createdSeconds,
      model: request.model,
      system_fingerprint: 'fp_sandbox',
    },
    choices,
    echoes: choices.map(({ index }) => (request.echo ? (prompts[Math.floor(index / request.choices)]?.text ?? '') : '')),
    usage: counts && openaiUsage(counts),
  };
}

function answerPrompt(request: CompletionsRequest, prompt: Prompt, place: number, magic: Magic, hash: string): Choice[] {
  const share = Math.floor(MAX_ANSWER_TOKENS / (request.prompts.length * request.choices));
  const asked: LanguageRequest = {
    model: request.model,
    stream: request.stream,
    userText: prompt.text,
    toolResult: undefined,
    images: 0,
    tools: [],
    mustCallTool: false,
    parallelToolCalls: true,
    json: 'no',
    reasons: false,
    choices: request.choices,
    maxTokens: Math.min(request.maxTokens, share),
    prompt: promptTokens([prompt]),
  };
  return answerChoices(asked, magic, hash).map((choice) => ({ ...choice, index: place * request.choices + choice.index }));
}

const promptTokens = (prompts: Prompt[]): PromptTokens => promptOf(prompts.reduce((sum, prompt) => sum + prompt.tokens, 0));

const textOf = (choice: Choice): string => choice.parts.map((part) => (part.kind === 'call' ? '' : part.text)).join('');

const choiceWith = (choice: Choice, text: string, ended: boolean) => ({
  text,
  index: choice.index,
  logprobs: null,
  finish_reason: ended ? FINISH_REASONS[choice.finishReason] : null,
});

function completionBody({ envelope, choices, echoes, usage }: Completion): string {
  const whole = choices.map((choice, place) => choiceWith(choice, (echoes[place] ?? '') + textOf(choice), true));
  return JSON.stringify({ ...envelope, choices: whole, usage });
}

function completionStream({ envelope, choices, echoes, usage }: Completion, framing: Framing, includeUsage: boolean): StreamWriter {
  const reportsUsage = includeUsage && usage !== undefined;
  const write = (some: unknown[], reported: unknown = null): Frame =>
    frame({ ...envelope, choices: some, ...(reportsUsage ? { usage: reported } : {}) });
  return {
    framing,
    open: () => choices.flatMap((choice, place) => (echoes[place] ? [write([choiceWith(choice, echoes[place], false)])] : [])),
    lanes: choices.map((choice) =>
      choice.parts.map((part) => () => [write([choiceWith(choice, part.kind === 'call' ? '' : part.text, false)])]),
    ),
    close: () => [
      ...choices.map((choice) => write([choiceWith(choice, '', true)])),
      ...(reportsUsage ? [write([], usage)] : []),
      { data: '[DONE]' },
    ],
    fail: () => [frame(inBodyError())],
  };
}
