/**
 * Google's picture models: `generateContent` with the picture within the answer, one for each call.
 * https://ai.google.dev/gemini-api/docs/image-generation
 */
import { type Fields, filledText, recordOf, recordsOf } from '../../core/record';
import { blobOf, bytesOf } from '../media/blobs';
import { nearestRatio, readSides, tierOfSides } from '../media/dimensions';
import { failed, submitFailure } from '../media/failures';
import { fileOfBase64 } from '../media/outputs';
import { toBase64 } from '../media/sources';
import type { ImageInput, MediaAdapter, MediaSource, MediaStep, OutputFile, Submission } from '../media/types';

const SUBMIT_TIMEOUT_MS = 300_000;
/** The first generation makes only one size. */
const ONE_SIZE = /^gemini-2\.5-/;
/** Google names the half tier by its pixels. */
const IMAGE_SIZES: Readonly<Record<string, string>> = { '0.5K': '512' };

/** Google refuses unknown fields, so of the caller's only these are passed on. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['safetySettings', 'systemInstruction', 'tools', 'toolConfig', 'labels']);

/** Reasons that concern the content of prompt or picture: https://ai.google.dev/api/generate-content#FinishReason and `#BlockReason` */
const ABOUT_CONTENT: ReadonlySet<string> = new Set([
  'SAFETY',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'RECITATION',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
]);

const inlineData = (source: MediaSource): Fields => {
  const { type } = blobOf(source);
  return { inlineData: { mimeType: type, data: toBase64(bytesOf(source)) } };
};

/** Fields that are priced, or set by the gateway, in both spellings that Google accepts. */
const WITHHELD: ReadonlySet<string> = new Set(['imageConfig', 'image_config', 'imageSize', 'image_size', 'candidate_count']);
const passedOn = (fields: unknown): Fields => Object.fromEntries(Object.entries(recordOf(fields)).filter(([name]) => !WITHHELD.has(name)));

/** A target's defaults are members of it, for example a tier. */
function imageConfig({ size, aspectRatio, resolution, extra }: ImageInput, { model, defaults }: Submission): Fields {
  const sides = readSides(size);
  const ratio = aspectRatio ?? (sides && nearestRatio(sides));
  const tier = resolution ?? (sides && tierOfSides(sides) !== '1K' ? tierOfSides(sides) : undefined);
  return {
    ...passedOn(recordOf(extra.generationConfig).imageConfig),
    ...defaults,
    ...(ratio !== undefined && { aspectRatio: ratio }),
    ...(tier !== undefined && !ONE_SIZE.test(model) && { imageSize: IMAGE_SIZES[tier] ?? tier }),
  };
}

function bodyOf(submission: Submission, input: ImageInput): Fields {
  const config = imageConfig(input, submission);
  return {
    ...Object.fromEntries(Object.entries(input.extra).filter(([name]) => OWN_FIELDS.has(name))),
    contents: [{ role: 'user', parts: [...input.references.map(inlineData), { text: input.prompt }] }],
    generationConfig: {
      ...passedOn(input.extra.generationConfig),
      // A second candidate would be billed too.
      candidateCount: 1,
      responseModalities: ['IMAGE'],
      ...(input.seed !== undefined && { seed: input.seed }),
      ...(Object.keys(config).length > 0 && { imageConfig: config }),
    },
  };
}

/** Thinking models show drafts among their thoughts, which are not results. */
function picturesOf(candidate: Fields): OutputFile[] {
  return recordsOf(recordOf(candidate.content).parts).flatMap((part) => {
    const { data, mimeType } = recordOf(part.inlineData);
    const file = part.thought === true ? undefined : fileOfBase64(filledText(data) ?? '', filledText(mimeType));
    return file ? [file] : [];
  });
}

/** An answer without a picture is final, and says why. */
function withoutPicture(body: Fields, candidate: Fields): MediaStep {
  const reason = filledText(recordOf(body.promptFeedback).blockReason) ?? filledText(candidate.finishReason) ?? 'no reason given';
  const said = filledText(candidate.finishMessage) ?? filledText(recordOf(recordsOf(recordOf(candidate.content).parts)[0]).text);
  const message = `The provider made no picture (${reason})${said === undefined ? '.' : `: ${said.slice(0, 300)}`}`;
  return failed({ action: ABOUT_CONTENT.has(reason) ? 'caller' : 'next_target', message, code: reason, mayHaveStarted: false });
}

export const googleMedia: MediaAdapter = {
  kinds: ['image'],
  // https://ai.google.dev/gemini-api/docs/api-key
  authorize: (apiKey) => ({ 'x-goog-api-key': apiKey }),
  sources: 'bytes',
  lostSubmit: 'may_have_started',
  submitTimeoutMs: SUBMIT_TIMEOUT_MS,
  picturesAtOnce: () => 1,
  takesAll: (_, { mask }) => mask === undefined,
  submit(submission) {
    const { model, input } = submission;
    if (input.kind !== 'image') throw new Error('Google is asked for pictures only');
    return { url: `/models/${model}:generateContent`, body: JSON.stringify(bodyOf(submission, input)) };
  },
  readSubmit(answer) {
    if (answer.status !== 200) return submitFailure(answer, { direct: true });
    const body = recordOf(answer.json);
    const candidate = recordOf(recordsOf(body.candidates)[0]);
    const files = picturesOf(candidate).slice(0, 1);
    return files.length > 0 ? { state: 'done', result: { files } } : withoutPicture(body, candidate);
  },
};
