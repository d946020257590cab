/** The examples of the reference as printed there. */
export const INSTALL = 'pnpm add hypereal-sdk';

export const QUICKSTART = `import { Hypereal } from 'hypereal-sdk';

const client = new Hypereal({
  apiKey: process.env.HYPEREAL_API_KEY!,
});

const image = await client.images.generate({
  model: 'gemini-3-1-flash-t2i',
  prompt: 'A cinematic portrait in neon light',
  aspect_ratio: '16:9',
});

console.log(image);
`;

/** It goes on from the first, and from a \`file\` of its reader's. */
export const STORAGE_UPLOAD = `const object = await client.storage.uploadFile(file, {
  filename: 'training-image.png',
  contentType: 'image/png',
  kind: 'dataset',
});

const listed = await client.storage.list({ kind: 'dataset' });
`;
