// Channels of new-api (and one-api) as providers and catalogue entries of this gateway. Pure.
// Fields: model/channel.go in QuantumNous/new-api.
import { given } from './given.mjs';
import { Gathered, isObject, objectOf, uniqueTargets } from './import-gather.mjs';
import { wiresOf } from './import-places.mjs';
import { placeOfChannel } from './new-api-providers.mjs';
import { endpointsOf, priceOf, readRatios } from './new-api-ratios.mjs';

const ENABLED = 1;
/** Its keys have the id of an application behind a bar. */
const BAIDU_V2 = 46;
const MAKERS_OWN = new Set(['anthropic', 'google']);
/** Settings of a channel that count for nothing here, where they are set. */
const NOT_HERE = ['weight', 'param_override', 'header_override', 'status_code_mapping', 'openai_organization', 'setting', 'settings'];
const LANGUAGE_ENDPOINTS = new Set(['openai', 'openai-response', 'anthropic', 'gemini', 'embeddings']);
/** Channels do not say what a model is for; new-api goes by such names as well. */
const NAMES = [
  [/embed|^bge-|^m3e|^gte-/i, 'embedding'],
  [/rerank/i, undefined],
  [
    /^(dall-e|gpt-image|imagen|flux|stable-diffusion|sd3|midjourney|mj[_-]|swap_face|kolors|seedream|seedance|wan[x\d]|sora|veo|kling|cogview|cogvideo)/i,
    undefined,
  ],
  [/^(whisper|tts-|suno|gpt-4o(-mini)?-(tts|transcribe))|moderation|-speech|realtime/i, undefined],
];

/** The API gives a page of them in `data.items`, or all in `data`; the table's rows come as they are, pages as a list. */
export function rowsOf(exported) {
  const data = exported?.data ?? exported;
  const rows = Array.isArray(data) ? data : data?.items;
  if (!Array.isArray(rows) || !rows.every(isObject)) return undefined;
  return rows.flatMap((row) => ('data' in row ? (rowsOf(row) ?? []) : [row]));
}

/** How many pages there are of which the export is one. */
export function pagesOf(exported) {
  const { total, page_size: size } = isObject(exported?.data) ? exported.data : {};
  return total > 0 && size > 0 ? Math.ceil(total / size) : 1;
}

const namesOf = (text) => [
  ...new Set(
    String(text ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
];

const isSet = (value) => value !== null && value !== undefined && !['', '0', '{}', '[]', 'null'].includes(String(value).trim());

/** A mapping may lead from name to name. */
function mapped(mapping, name) {
  const seen = new Set();
  let found = name;
  while (typeof mapping[found] === 'string' && mapping[found] !== '' && !seen.has(found)) {
    seen.add(found);
    found = mapping[found];
  }
  return found;
}

/** The keys that are in use: a line each, but for those that new-api has turned off. */
function keysOf({ type, key, channel_info }) {
  const statuses = objectOf(objectOf(channel_info).multi_key_status_list);
  return String(key ?? '')
    .split('\n')
    .map((line) => (Number(type) === BAIDU_V2 ? line.split('|')[0] : line).trim())
    .filter((line, index) => line !== '' && (statuses[index] ?? ENABLED) === ENABLED);
}

class Import extends Gathered {
  /** By the model's name: its places. */
  groups = new Map();
  userGroups = new Set();

  constructor(known, ratios) {
    super(known);
    this.ratios = ratios;
  }

  family(name) {
    const endpoints = endpointsOf(this.ratios, name);
    if (endpoints.length > 0) {
      if (endpoints.includes('embeddings')) return 'embedding';
      return endpoints.some((endpoint) => LANGUAGE_ENDPOINTS.has(endpoint)) ? 'chat' : undefined;
    }
    const found = NAMES.find(([pattern]) => pattern.test(name));
    return found ? found[1] : 'chat';
  }

  channel(channel) {
    const at = `channel ${channel.id ?? '?'} (${channel.name ?? ''})`;
    if (Number(channel.status ?? ENABLED) !== ENABLED) return this.skip(at, 'turned off');
    const place = placeOfChannel({ ...channel, type: Number(channel.type) });
    if (place.refused) return this.skip(at, place.refused);
    const provider = place.id ?? place.provider.id;
    if (place.provider) this.providers.set(provider, place.provider);
    const keys = keysOf(channel);
    for (const secret of keys) this.key(provider, { secret });
    if (keys.length === 0) this.key(provider, { wanted: `the key of ${at}, which new-api's API leaves out` });
    for (const name of NOT_HERE) if (isSet(channel[name])) this.leave(name);
    for (const group of namesOf(channel.group)) this.userGroups.add(group);
    const mapping = objectOf(channel.model_mapping);
    for (const name of namesOf(channel.models)) this.place(name, { provider, channel, place, upstream: mapped(mapping, name) });
    return undefined;
  }

  place(name, { provider, channel, place, upstream }) {
    const family = this.family(name);
    if (!family) return this.skip(name, 'no language model, by its name or its endpoints');
    if (MAKERS_OWN.has(provider) && /-(no)?thinking(-\d+)?$/.test(upstream))
      return this.skip(name, 'new-api makes a parameter of how it ends; here the request says how much to think');
    const places = this.groups.get(name) ?? [];
    places.push({
      provider,
      model: place.rename?.(upstream) ?? upstream,
      wires: place.provider?.wires ?? wiresOf(provider),
      family,
      priority: Number(channel.priority ?? 0),
      weight: Number(channel.weight ?? 0),
    });
    this.groups.set(name, places);
    return undefined;
  }

  model(id, places) {
    const { family, kept } =
      this.serving(
        id,
        places.toSorted((a, b) => b.priority - a.priority || b.weight - a.weight),
      ) ?? {};
    if (!kept) return [];
    const { price, why } = priceOf(this.ratios, id, kept[0].family === 'embedding');
    return [given({ id, family, chain: uniqueTargets(kept), price: price ?? this.noPrice(id, why) })];
  }
}

function skipGroups(work) {
  if ([...work.userGroups].some((group) => group !== 'default'))
    work.skip(`groups ${[...work.userGroups].join(', ')}`, 'every model is there for everybody; a key may be limited to some (--model)');
  const ratios = Object.entries(objectOf(work.ratios?.group_ratio)).filter(([, ratio]) => ratio !== 1);
  if (ratios.length > 0)
    work.skip(
      `group ratios ${ratios.map(([group, ratio]) => `${group} ${ratio}`).join(', ')}`,
      'a share of the prices is each account’s here: npm run admin -- prices set ACCOUNT RATIO',
    );
}

/** `ratios`: what `--ratios` names. Undefined when either is not what it should be. */
export function importNewApi(exported, known = new Map(), ratios = undefined) {
  const channels = rowsOf(exported);
  const read = ratios === undefined ? undefined : readRatios(ratios);
  if (!channels || (ratios !== undefined && !read)) return undefined;
  const work = new Import(known, read);
  for (const channel of channels) work.channel(channel);
  const models = [...work.groups].flatMap(([id, places]) => work.model(id, places));
  skipGroups(work);
  work.skipLeftOut(['channel', 'channels'], 'not a matter of the catalogue here');
  const { total } = objectOf((Array.isArray(exported) ? exported[0] : exported)?.data);
  if (total > channels.length)
    work.skip(
      `channels that the file lacks: ${total - channels.length}`,
      'an import is a whole: put all pages (&p=2 and so on) into the file, as a list',
    );
  return work.result(models);
}
