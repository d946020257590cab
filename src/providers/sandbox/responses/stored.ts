import type { UpstreamRequest } from '../../types';
import { serverSentEvents } from '../frames';
import { jsonResponse } from '../json-response';
import type { Magic } from '../magic';
import { notFound, openaiErrors } from '../openai-errors';
import { playSteps } from '../steps';
import { streamSteps } from '../stream';
import { answerStored, finalStatus, type ResponseAnswer, responseObject } from './answer';
import { decodeId } from './stored-id';
import { responseStream } from './stream';

const PATH = /^\/v1\/responses\/([^/]+)(?:\/(cancel|input_items))?$/;
const NOT_IN_BACKGROUND = 'Only responses that were created with background=true can be cancelled.';

/** What is asked of an answer that was given before. */
export interface StoredPath {
  id: string;
  verb: 'show' | 'replay' | 'delete' | 'cancel' | 'input_items';
  startingAfter: number | undefined;
  /** It was canceled before, while it was in progress. */
  canceled: boolean;
}

export function readStoredPath(method: string, url: URL): StoredPath | undefined {
  const match = PATH.exec(url.pathname);
  if (!match?.[1]) return undefined;
  const verb = readVerb(`${method} ${match[2] ?? ''}`, url);
  const after = url.searchParams.get('starting_after');
  const canceled = url.searchParams.get('canceled') === 'true';
  return verb && { id: match[1], verb, startingAfter: after === null ? undefined : Number(after), canceled };
}

function readVerb(asked: string, url: URL): StoredPath['verb'] | undefined {
  switch (asked) {
    case 'GET ':
      return url.searchParams.get('stream') === 'true' ? 'replay' : 'show';
    case 'DELETE ':
      return 'delete';
    case 'POST cancel':
      return 'cancel';
    case 'GET input_items':
      return 'input_items';
    default:
      return undefined;
  }
}

/** Answers from the id alone: deleting leaves no trace, and who has canceled says so from then on. */
export async function serveStored({ signal }: UpstreamRequest, { id, verb, startingAfter, canceled }: StoredPath): Promise<Response> {
  const stored = await decodeId(id);
  if (!stored) return jsonResponse(404, notFound(`Response with id '${id.slice(0, 100)}' not found.`));
  const answer = answerStored(stored, id);
  switch (verb) {
    case 'show':
      return jsonResponse(200, responseObject(answer, canceled ? 'cancelled' : statusNow(answer)));
    case 'replay': {
      const writer = responseStream(answer, serverSentEvents(QUIET), startingAfter);
      const magic = stored.magic.error === undefined ? QUIET : { ...QUIET, error: stored.magic.error };
      return new Response(playSteps(streamSteps(writer, magic), signal), { headers: { 'content-type': writer.framing.contentType } });
    }
    case 'delete':
      return jsonResponse(200, { id, object: 'response', deleted: true });
    case 'cancel':
      return answer.request.background
        ? jsonResponse(200, responseObject(answer, canceled ? 'cancelled' : statusCanceled(answer)))
        : jsonResponse(400, openaiErrors.badRequest({ message: NOT_IN_BACKGROUND, param: null }, ''));
    case 'input_items':
      return jsonResponse(200, inputItems(answer));
  }
}

const QUIET: Magic = { ignored: [] };

function statusNow(answer: ResponseAnswer) {
  if (Date.now() < answer.dueSeconds * 1000) return 'in_progress';
  return answer.magic.error === undefined ? finalStatus(answer) : 'failed';
}

/** What is over stays as it is: https://platform.openai.com/docs/api-reference/responses/cancel */
function statusCanceled(answer: ResponseAnswer) {
  const status = statusNow(answer);
  return status === 'in_progress' ? 'cancelled' : status;
}

/** All that the id knows of the input: what the user said last. */
function inputItems({ request, hash }: ResponseAnswer) {
  const id = `msg_sandbox${hash.slice(0, 24)}in`;
  const content = [{ type: 'input_text', text: request.userText }];
  const data = [{ id, type: 'message', status: 'completed', content, role: 'user' }];
  return { object: 'list', data, first_id: id, last_id: id, has_more: false };
}
