/** What a file is called that is known by its address alone. */
export const fileNameIn = (url: string): string => url.split(/[?#]/)[0]!.split('/').at(-1) || 'file';
