/** The Workers that this process has started, with the document that each of them serves. */
import { ApiDocument } from './documented';

const documents = new Map<string, ApiDocument>();

export const documentOf = (origin: string): ApiDocument | undefined => documents.get(origin);

/** One text for all Workers of a file: its schemas are compiled once. */
const byText = new Map<string, ApiDocument>();

export async function remember(origin: string): Promise<void> {
  const text = await (await fetch(`${origin}/openapi.json`)).text();
  const known = byText.get(text) ?? new ApiDocument(JSON.parse(text));
  byText.set(text, known);
  documents.set(origin, known);
}
