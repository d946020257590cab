/**
 * OpenAI's pictures: answered at once, always as base64. Edits are forms.
 * https://platform.openai.com/docs/api-reference/images, and the comments of `resources/images` in its own client.
 */
import { filledText, recordOf, recordsOf } from '../../core/record';
import { blobOf, formOf } from '../media/blobs';
import { atMost, nearestRatio, readSides, sidesOfTier } from '../media/dimensions';
import { failed, runFailure, submitFailure } from '../media/failures';
import { passedOn } from '../media/model-fields';
import { fileOfBase64 } from '../media/outputs';
import type { ImageInput, MediaAdapter, MediaRequest, OutputFile, Submission } from '../media/types';
import { bearer } from '../wires/authorize';

/** The largest picture, as pixels and as a side: 3840x2160. */
const MAX_PIXELS = 3_840 * 2_160;
const MAX_SIDE = 3_840;
/** High quality takes minutes. */
const SUBMIT_TIMEOUT_MS = 300_000;
const MAX_IMAGES = 10;

/** These models take any size within the limits; the others only three. */
const takesAnySize = (model: string): boolean => /^gpt-image-(?:[2-9]|\d{2,})/.test(model);
const FIXED_SIZES: Readonly<Record<string, string>> = { '1:1': '1024x1024', '3:2': '1536x1024', '2:3': '1024x1536' };

/** A size beyond the limits becomes the largest of its ratio. */
function sizeOf({ size, aspectRatio, resolution }: ImageInput, model: string): string | undefined {
  const asked = readSides(size) ?? (aspectRatio || resolution ? sidesOfTier(aspectRatio, resolution) : undefined);
  if (!asked) return size;
  if (!takesAnySize(model)) return size ?? FIXED_SIZES[nearestRatio(asked, Object.keys(FIXED_SIZES))];
  const { width, height } = atMost(asked, MAX_PIXELS, MAX_SIDE);
  return `${width}x${height}`;
}

function fieldsOf({ model, defaults, input }: Submission & { input: ImageInput }): Record<string, unknown> {
  const { prompt, count, quality, outputFormat } = input;
  const size = sizeOf(input, model);
  return {
    ...defaults,
    ...passedOn(input.extra),
    model,
    prompt,
    n: Math.min(count, MAX_IMAGES),
    ...(size !== undefined && { size }),
    ...(quality !== undefined && { quality }),
    ...(outputFormat !== undefined && { output_format: outputFormat }),
    ...streamFields(input),
  };
}

/** Preliminary pictures come as events: https://platform.openai.com/docs/api-reference/images-streaming */
const streamFields = ({ partials }: ImageInput): Record<string, unknown> =>
  partials === undefined ? {} : { stream: true, partial_images: partials };

const fileName = (name: string, blob: Blob): string => `${name}.${blob.type.split('/')[1] ?? 'png'}`;

function editRequest(submission: Submission & { input: ImageInput }): MediaRequest {
  const { references, mask } = submission.input;
  const form = formOf(fieldsOf(submission));
  for (const [index, reference] of references.entries()) {
    const blob = blobOf(reference);
    form.append('image[]', blob, fileName(`image-${index + 1}`, blob));
  }
  if (mask) form.append('mask', blobOf(mask), 'mask.png');
  return { url: '/images/edits', body: form };
}

const isImage = (submission: Submission): submission is Submission & { input: ImageInput } => submission.input.kind === 'image';

export const openaiMedia: MediaAdapter = {
  kinds: ['image'],
  authorize: bearer,
  sources: 'bytes',
  lostSubmit: 'may_have_started',
  submitTimeoutMs: SUBMIT_TIMEOUT_MS,
  submit(submission) {
    if (!isImage(submission)) throw new Error('OpenAI is asked for pictures only');
    if (submission.input.references.length > 0) return editRequest(submission);
    return { url: '/images/generations', body: JSON.stringify(fieldsOf(submission)) };
  },
  readSubmit(answer) {
    if (answer.status !== 200) return submitFailure(answer, { direct: true });
    const { data, output_format } = recordOf(answer.json);
    const pictures = recordsOf(data);
    const type = `image/${filledText(output_format) ?? 'png'}`;
    const files = pictures.flatMap((picture): OutputFile[] => {
      const base64 = filledText(picture.b64_json);
      const url = filledText(picture.url);
      const file = base64 === undefined ? url !== undefined && { url } : fileOfBase64(base64, type);
      return file ? [file] : [];
    });
    if (files.length === 0)
      return failed({ action: 'next_target', message: 'The provider answered without a picture.', mayHaveStarted: false });
    const revisedPrompt = filledText(pictures[0]?.revised_prompt);
    return { state: 'done', result: { files, ...(revisedPrompt !== undefined && { revisedPrompt }) } };
  },
  readEvent(json) {
    const { type, b64_json, output_format, error, message, code } = recordOf(json);
    if (type === 'error' || error !== undefined) {
      const facts = recordOf(error);
      return runFailure(facts.message ?? message, facts.code ?? code);
    }
    const file = fileOfBase64(filledText(b64_json) ?? '', `image/${filledText(output_format) ?? 'png'}`);
    if (!file || !('bytes' in file)) return undefined;
    return /\.partial_image$/.test(filledText(type) ?? '') ? { state: 'partial', file } : { state: 'done', result: { files: [file] } };
  },
};
