import type { Fields } from '../../../core/record';
import { fileNameIn } from '../../file-name';
import { recordField, textField } from '../fields';

/** OpenAI's names for audio formats (https://platform.openai.com/docs/guides/audio); other formats go by their subtype. */
const AUDIO_FORMATS: Readonly<Record<string, string>> = {
  mpeg: 'mp3',
  mpga: 'mp3',
  'x-wav': 'wav',
  wave: 'wav',
  'vnd.wave': 'wav',
  mp4: 'm4a',
  'x-m4a': 'm4a',
};

function audioFormat(mimeType: string): string {
  const subtype = mimeType.slice('audio/'.length).split(';')[0]!.toLowerCase();
  return AUDIO_FORMATS[subtype] ?? subtype;
}

/** Google also takes the URL-safe alphabet, which data URLs do not have. */
const standardBase64 = (data: string): string => (/[-_]/.test(data) ? data.replaceAll('-', '+').replaceAll('_', '/') : data);

const TEXT_TYPES = /^(?:text\/|application\/json(?:;|$))/i;

/** A text file's content: few chat upstreams read such files, but all read the text itself. */
function textIn(mimeType: string, base64: string): string | undefined {
  if (!TEXT_TYPES.test(mimeType)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(Uint8Array.fromBase64(base64));
  } catch {
    return undefined;
  }
}

function inlineContent(inline: Fields): Fields {
  const mimeType = textField(inline, 'mimeType') ?? 'application/octet-stream';
  const data = standardBase64(textField(inline, 'data') ?? '');
  const url = `data:${mimeType};base64,${data}`;
  if (mimeType.startsWith('image/')) return { type: 'image_url', image_url: { url } };
  if (mimeType.startsWith('audio/')) return { type: 'input_audio', input_audio: { data, format: audioFormat(mimeType) } };
  const text = textIn(mimeType, data);
  if (text !== undefined) return { type: 'text', text };
  const extension = mimeType
    .split(';')[0]!
    .split('/')
    .at(-1)!
    .replace(/^.*[.+-]/, '');
  return { type: 'file', file: { filename: textField(inline, 'displayName') ?? `file.${extension}`, file_data: url } };
}

function linkedContent(file: Fields): Fields {
  const url = textField(file, 'fileUri') ?? '';
  const isImage = (textField(file, 'mimeType') ?? '').startsWith('image/');
  if (isImage) return { type: 'image_url', image_url: { url } };
  return {
    type: 'file',
    file: { filename: textField(file, 'displayName') ?? fileNameIn(url), file_data: url },
  };
}

/** A part's file, inline or by URL, as chat message content; undefined where it has none. */
export function mediaContent(part: Fields): Fields | undefined {
  const inline = recordField(part, 'inlineData');
  if (inline) return inlineContent(inline);
  const file = recordField(part, 'fileData');
  return file && linkedContent(file);
}

/** A picture in an answer as a part; undefined unless it is inline. */
export function imagePart(image: Fields): Fields | undefined {
  const url = textField(recordField(image, 'image_url') ?? {}, 'url') ?? '';
  const match = /^data:([^;,]+);base64,/.exec(url);
  return match ? { inlineData: { mimeType: match[1], data: url.slice(match[0].length) } } : undefined;
}
