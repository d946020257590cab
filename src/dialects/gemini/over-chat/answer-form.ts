/** The form of answer that a client wants: as a chat option, or as words to the model where chat has no such option. */
import { type Fields, isRecord } from '../../../core/record';
import { recordField, textField } from '../fields';
import { jsonSchema } from './schema';

/** https://ai.google.dev/api/generate-content#generationconfig */
const ENUM_TYPE = 'text/x.enum';
const JSON_TYPE = 'application/json';

/** The answer's schema, and whether JSON is asked for. */
function wantedForm(config: Fields): { schema: Fields | undefined; asJson: boolean } {
  const given = recordField(config, 'responseJsonSchema') ?? recordField(config, '_responseJsonSchema');
  const schema = recordField(config, 'responseSchema');
  const mimeType = textField(config, 'responseMimeType');
  return {
    schema: given ?? (schema && jsonSchema(schema)),
    asJson: mimeType === JSON_TYPE || (mimeType === undefined && given !== undefined),
  };
}

export function responseFormat(config: Fields): Fields | undefined {
  const { schema, asJson } = wantedForm(config);
  if (!asJson) return undefined;
  if (!schema) return { type: 'json_object' };
  // OpenAI takes a schema only for objects:
  // https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
  return schema.type === 'object' ? { type: 'json_schema', json_schema: { name: 'answer', schema } } : undefined;
}

/** What the model must be told about the form; `format` is the chat option that the request will have. */
export function formNotes(json: Fields, format: unknown): string[] {
  const config = recordField(json, 'generationConfig') ?? {};
  const { schema, asJson } = wantedForm(config);
  if (!schema) return [];
  if (textField(config, 'responseMimeType') === ENUM_TYPE && Array.isArray(schema.enum))
    return [`Answer with exactly one of these values, and nothing else: ${schema.enum.map(String).join(', ')}`];
  if (!asJson || (isRecord(format) && format.type === 'json_schema')) return [];
  return [`Answer with nothing but JSON, and without a code fence, that is valid by this schema: ${JSON.stringify(schema)}`];
}
