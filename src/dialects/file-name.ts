/** A file name for a file that is only known by its URL. */
export const fileNameIn = (url: string): string => url.split(/[?#]/)[0]!.split('/').at(-1) || 'file';
