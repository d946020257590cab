/**
 * Google's `predict` and `predictLongRunning`, which make one thing of one instance and its parameters:
 * https://ai.google.dev/api/models#method:-models.predict. A parameter changes what is made, so one that is not served is refused.
 */
import { fail, ok, type Result } from '../../core/errors';
import { type Fields, isRecord } from '../../core/record';

/** The labels and the webhook of every request here stand beside Google's own fields. */
const BESIDE: ReadonlySet<string> = new Set([
  'instances',
  'parameters',
  'webhook_url',
  'webhookUrl',
  'user',
  'safety_identifier',
  'metadata',
]);

const NOT_SERVED = 'is not served here';
const INSTANCE = 'instances[0]';

export const refuse = (param: string, why: string) => fail('invalid_request', `The field \`${param}\` ${why}.`, { param });

/** Clients write null for what they leave out. */
const saidIn = (fields: Fields): [string, unknown][] => Object.entries(fields).filter(([, value]) => value !== null);

/** The words of one of the two methods. */
export interface PredictionWords {
  /** What an instance may hold. */
  instance: readonly string[];
  /** The fields of a media request by the parameters that have other names for them. */
  parameters: Readonly<Record<string, string>>;
  /** Parameters that are served with these values alone, which ask for what is made anyhow. */
  usual: Readonly<Record<string, readonly unknown[]>>;
}

interface Prediction {
  instance: Fields;
  /** Fields of a media request. */
  asked: Fields;
}

const plain = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

function readParameters(parameters: Fields, { parameters: known, usual }: PredictionWords): Result<Fields> {
  const asked: Fields = {};
  for (const [name, value] of saidIn(parameters)) {
    const place = `parameters.${name}`;
    if (Object.hasOwn(known, name)) asked[known[name]!] = value;
    else if (!Object.hasOwn(usual, name)) return refuse(place, NOT_SERVED);
    else if (!usual[name]!.includes(plain(value))) return refuse(place, `is served here only as ${usual[name]!.join(' or ')}`);
  }
  return ok(asked);
}

export function readPrediction(json: Fields, words: PredictionWords): Result<Prediction> {
  const { instances, parameters = null } = json;
  const [instance, ...others] = [instances].flat();
  if (!isRecord(instance) || others.length > 0) return refuse('instances', 'must be a list of one object');
  if (parameters !== null && !isRecord(parameters)) return refuse('parameters', 'must be an object');
  const foreign = saidIn(json).find(([name]) => !BESIDE.has(name));
  if (foreign) return refuse(foreign[0], NOT_SERVED);
  const unserved = saidIn(instance).find(([name]) => !words.instance.includes(name));
  if (unserved) return refuse(`${INSTANCE}.${unserved[0]}`, NOT_SERVED);
  const asked = readParameters(parameters ?? {}, words);
  return asked.ok ? ok({ instance, asked: asked.value }) : asked;
}

/** Where a media request's fields stand in a prediction: those of its instance by their names there, and the parameters. */
export const placesOf = (instance: Readonly<Record<string, string>>, { parameters }: Pick<PredictionWords, 'parameters'>) => ({
  ...Object.fromEntries(Object.entries(instance).map(([field, name]) => [field, `${INSTANCE}.${name}`])),
  ...Object.fromEntries(Object.entries(parameters).map(([name, field]) => [field, `parameters.${name}`])),
});
