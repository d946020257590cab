/** Reads files from vendors' answers. */
import { cleanType, fileType } from '../../core/media-type';
import { fromBase64 } from './sources';
import type { OutputFile } from './types';

/** The most files taken from one result: each is copied, and all are listed in one row. */
export const MAX_RESULT_FILES = 32;

/** The bytes of a base64 file; its type is read from the bytes rather than from what the vendor says. */
export function fileOfBase64(base64: string, declaredType?: string): OutputFile | undefined {
  const bytes = fromBase64(base64);
  if (bytes === undefined || bytes.byteLength === 0) return undefined;
  return { bytes, contentType: fileType(bytes, declaredType) };
}

/** A URL or data URL as a file; undefined for any other text. */
export function fileOf(text: string, declaredType?: string): OutputFile | undefined {
  const data = /^data:([^,;]*)(?:;[^,;]*)*;base64,/i.exec(text.slice(0, 200));
  if (data) return fileOfBase64(text.slice(data[0].length), data[1]);
  if (!/^https?:\/\//i.test(text)) return undefined;
  const contentType = cleanType(declaredType);
  return { url: text, ...(contentType !== undefined && { contentType }) };
}

export const filesOf = (texts: readonly string[]): OutputFile[] =>
  texts.flatMap((text) => {
    const file = fileOf(text);
    return file ? [file] : [];
  });

const isGlb = (file: OutputFile): boolean =>
  'url' in file ? /\.glb(?:$|[?#])/i.test(file.url) || file.contentType === 'model/gltf-binary' : file.contentType === 'model/gltf-binary';

/** Only the 3D model, without previews and other formats, where the vendor tells them apart. */
export function modelFiles(files: readonly OutputFile[]): readonly OutputFile[] {
  const models = files.filter(isGlb);
  return models.length > 0 ? models.slice(0, 1) : files;
}
