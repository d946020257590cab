/** `generateContent` of a model that makes pictures: https://ai.google.dev/gemini-api/docs/image-generation */
import { fail, type GatewayError, ok, type Result } from '../../core/errors';
import { type Fields, isNotEmpty, listOf, textOrEmpty } from '../../core/record';
import { inWords } from '../in-words';
import { field, recordField, textField } from './fields';
import { partSays, partsIn } from './parts';
import { checkContents, refuseCached } from './request';

/** Where a media request's fields stand in Google's format. */
const PLACES: Readonly<Record<string, string>> = {
  prompt: 'contents',
  image_urls: 'contents',
  n: 'generationConfig.candidateCount',
  seed: 'generationConfig.seed',
  aspect_ratio: 'generationConfig.imageConfig.aspectRatio',
  resolution: 'generationConfig.imageConfig.imageSize',
};

/** Google names the half tier by its pixels. */
const TIERS: Readonly<Record<string, string>> = { '512': '0.5K' };

const refuse = (param: string, why: string) => fail('invalid_request', `The field \`${param}\` ${why}.`, { param });

/** The error of a media request in the words of Google's format. */
export const inGooglesWords = (error: GatewayError): GatewayError => inWords(error, PLACES);

/** Pictures among a model's thoughts are drafts. */
const pictureOf = (part: Fields): Fields | string | undefined => {
  if (part.thought === true) return undefined;
  const blob = recordField(part, 'inlineData');
  const data = blob && textField(blob, 'data');
  if (data !== undefined) return { data, mimeType: textField(blob!, 'mimeType') ?? 'image/png' };
  return textField(recordField(part, 'fileData') ?? {}, 'fileUri');
};

const picturesOf = (parts: readonly Fields[]): (Fields | string)[] => parts.map(pictureOf).filter((picture) => picture !== undefined);

const textsOf = (parts: readonly Fields[]): string[] =>
  parts.flatMap((part) => (part.thought === true ? [] : (textField(part, 'text') ?? [])));

/** A conversation from its last picture on: what was said before is in that picture. */
function presentTurns(contents: readonly Fields[]): readonly Fields[] {
  const from = contents.findLastIndex((turn) => turn.role === 'model' && picturesOf(partsIn(turn)).length > 0);
  return contents.slice(Math.max(0, from));
}

/** What would be left out, while the picture was made and paid for. */
const isUnread = (part: Fields): boolean =>
  part.thought !== true && partSays(part) && textField(part, 'text') === undefined && pictureOf(part) === undefined;

function refuseUnserved(json: Fields, turns: readonly Fields[], config: Fields): Result<never> | undefined {
  if (turns.some((turn) => partsIn(turn).some(isUnread)))
    return refuse('contents', 'holds a part that is neither a text nor a picture by its data or its address');
  if (isNotEmpty(field(json, 'tools'))) return refuse('tools', 'is not served with pictures');
  const modalities = listOf(field(config, 'responseModalities'));
  const isSilent = modalities.length > 0 && !modalities.some((name) => /^image$/i.test(textOrEmpty(name)));
  return isSilent ? refuse('generationConfig.responseModalities', 'must contain IMAGE: this model makes pictures') : undefined;
}

/** The request as the fields of a media request. How a model samples words has no meaning for a picture, and is left out. */
export function readPictureRequest(json: Fields, model: string): Result<Fields> {
  const contents = checkContents(json);
  if (!contents.ok) return contents;
  const config = recordField(json, 'generationConfig') ?? {};
  const turns = presentTurns(contents.value);
  const refused = refuseCached(json) ?? refuseUnserved(json, turns, config);
  if (refused) return refused;
  const said = turns.filter(({ role }) => role !== 'model').map(partsIn);
  const instruction = partsIn(recordField(json, 'systemInstruction') ?? {});
  const image = recordField(config, 'imageConfig') ?? {};
  const size = field(image, 'imageSize');
  return ok({
    model,
    prompt: [instruction, ...said].flatMap(textsOf).join('\n\n'),
    image_urls: turns.flatMap((turn) => picturesOf(partsIn(turn))),
    n: field(config, 'candidateCount'),
    seed: field(config, 'seed'),
    aspect_ratio: field(image, 'aspectRatio'),
    resolution: typeof size === 'string' ? (TIERS[size] ?? size) : size,
  });
}

/** A picture in an answer: as base64 or, where that is too large, by its URL. */
export interface ShownPicture {
  contentType: string;
  base64?: string | undefined;
  url: string;
}

interface PictureAnswer {
  id: string;
  model: string;
  creditsUsed: number;
  pictures: readonly ShownPicture[];
}

const partOf = ({ contentType: mimeType, base64: data, url: fileUri }: ShownPicture): Fields =>
  data === undefined ? { fileData: { mimeType, fileUri } } : { inlineData: { mimeType, data } };

export const pictureAnswer = ({ id, model, creditsUsed, pictures }: PictureAnswer): Fields => ({
  candidates: pictures.map((picture, index) => ({ content: { role: 'model', parts: [partOf(picture)] }, finishReason: 'STOP', index })),
  usageMetadata: { creditsUsed },
  modelVersion: model,
  responseId: id,
});
