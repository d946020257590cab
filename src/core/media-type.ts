/** The type of a file, by its name and by its first bytes. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
  'image/heic': 'heic',
  'image/heif': 'heif',
  'image/bmp': 'bmp',
  'image/tiff': 'tiff',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'video/quicktime': 'mov',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'audio/ogg': 'ogg',
  'audio/opus': 'opus',
  'audio/aac': 'aac',
  'audio/flac': 'flac',
  'audio/mp4': 'm4a',
  'audio/webm': 'webm',
  'audio/pcm': 'pcm',
  'model/gltf-binary': 'glb',
  'application/json': 'json',
  'application/zip': 'zip',
  'text/plain': 'txt',
};

const ALIASES: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'audio/mp3': 'audio/mpeg',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-m4a': 'audio/mp4',
};

const UNKNOWN_TYPE = 'application/octet-stream';

/** A content type in its usual spelling, without parameters; undefined where it says nothing. */
export function cleanType(contentType: string | null | undefined): string | undefined {
  const bare = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  const type = ALIASES[bare] ?? bare;
  return /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/.test(type) && type !== UNKNOWN_TYPE && type !== 'binary/octet-stream' ? type : undefined;
}

export const extensionOf = (contentType: string): string => EXTENSIONS[contentType] ?? 'bin';

/** Types that a browser shows without running anything. All others are served as downloads. */
export const isInert = (contentType: string): boolean => EXTENSIONS[contentType] !== undefined;

const ascii = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

/** The type that a file's first bytes show; undefined where they show none. */
export function sniffType(bytes: Uint8Array): string | undefined {
  const start = ascii(bytes, 0, 4);
  if (start === '\x89PNG') return 'image/png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'image/jpeg';
  if (start === 'GIF8') return 'image/gif';
  if (start === 'RIFF') return { WEBP: 'image/webp', WAVE: 'audio/wav' }[ascii(bytes, 8, 12)];
  if (start === 'glTF') return 'model/gltf-binary';
  if (start === 'OggS') return 'audio/ogg';
  if (start === 'fLaC') return 'audio/flac';
  if (start === '\x1aE\xdf\xa3') return 'video/webm';
  if (start === 'PK\x03\x04') return 'application/zip';
  if (ascii(bytes, 0, 3) === 'ID3' || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe6) === 0xe2)) return 'audio/mpeg';
  // ADTS: an MPEG audio frame whose layer bits are zero (https://wiki.multimedia.cx/index.php/ADTS).
  if (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xf6) === 0xf0) return 'audio/aac';
  if (ascii(bytes, 4, 8) === 'ftyp') return typeOfBrand(ascii(bytes, 8, 12));
  return undefined;
}

/** https://mp4ra.org/registered-types/brands, and https://www.rfc-editor.org/rfc/rfc6381 */
const BRANDS: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  avis: 'image/avif',
  heic: 'image/heic',
  heix: 'image/heic',
  heim: 'image/heic',
  heis: 'image/heic',
  mif1: 'image/heif',
  msf1: 'image/heif',
  'qt  ': 'video/quicktime',
  'M4A ': 'audio/mp4',
  'M4B ': 'audio/mp4',
  'M4P ': 'audio/mp4',
};
const typeOfBrand = (brand: string): string => BRANDS[brand] ?? 'video/mp4';

/**
 * A file's type by its first bytes, else by the first declared type. Sound in an MP4 or WebM container looks like
 * video, so there a declared audio type decides.
 */
export function fileType(head: Uint8Array, ...declared: (string | null | undefined)[]): string {
  const sniffed = sniffType(head);
  const said = declared.map(cleanType).find((type) => type !== undefined);
  const isSound = said?.startsWith('audio/') && sniffed === said.replace('audio/', 'video/');
  return (isSound ? said : (sniffed ?? said)) ?? UNKNOWN_TYPE;
}

/** An error page that was sent with status 200: it looks like a page, and nobody asked for one. */
export const isPage = (first: Uint8Array, contentType: string | null): boolean =>
  sniffType(first) === undefined && /^(?:text\/|application\/(?:json|xml|xhtml))/.test(cleanType(contentType) ?? '');
