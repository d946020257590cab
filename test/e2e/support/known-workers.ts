/** The Workers that this process has started, and the document that they serve, which is the same for all of one bundle. */
import { ApiDocument } from './documented';

const origins = new Set<string>();
let document: Promise<ApiDocument> | undefined;
let read: ApiDocument | undefined;

export const documentOf = (origin: string): ApiDocument | undefined => (origins.has(origin) ? read : undefined);

export async function remember(origin: string): Promise<void> {
  document ??= ApiDocument.of(origin).catch((error: unknown) => {
    document = undefined;
    throw error;
  });
  read = await document;
  origins.add(origin);
}

/** The system reuses ports, in other files too, so what listens there next need not be a Worker. */
export const forget = (origin: string): void => void origins.delete(origin);
