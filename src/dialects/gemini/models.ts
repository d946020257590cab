/** The facts of a model that a model list shows. */
export interface ListedModel {
  id: string;
  label: string;
  contextTokens?: number | undefined;
  maxOutputTokens?: number | undefined;
}

/** A model as Google lists it (https://ai.google.dev/api/models#Model). */
export const geminiModelView = ({ id, label, contextTokens, maxOutputTokens }: ListedModel) => ({
  name: `models/${id}`,
  baseModelId: id,
  version: id,
  displayName: label,
  ...(contextTokens !== undefined && { inputTokenLimit: contextTokens }),
  ...(maxOutputTokens !== undefined && { outputTokenLimit: maxOutputTokens }),
  supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
});
