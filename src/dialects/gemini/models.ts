import type { Family } from '../../core/family';

/** The facts of a model that a model list shows. */
export interface ListedModel {
  id: string;
  label: string;
  family: Family;
  contextTokens?: number | undefined;
  maxOutputTokens?: number | undefined;
}

const GENERATES = ['generateContent', 'streamGenerateContent', 'countTokens'];
/** What Google's paths serve of families other than those of language models. */
const METHODS: Partial<Record<Family, readonly string[]>> = {
  embedding: ['embedContent', 'batchEmbedContents'],
  image: [...GENERATES.slice(0, 2), 'predict'],
  video: ['predictLongRunning'],
  audio: [],
  '3d': [],
  gpu: [],
};

/** A model as Google lists it (https://ai.google.dev/api/models#Model). */
export const geminiModelView = ({ id, label, family, contextTokens, maxOutputTokens }: ListedModel) => ({
  name: `models/${id}`,
  baseModelId: id,
  version: id,
  displayName: label,
  ...(contextTokens !== undefined && { inputTokenLimit: contextTokens }),
  ...(maxOutputTokens !== undefined && { outputTokenLimit: maxOutputTokens }),
  supportedGenerationMethods: METHODS[family] ?? GENERATES,
});
