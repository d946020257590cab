/** Every path of media, jobs and files. */
import type { Hono } from 'hono';
import type { AppContext, AppEnv } from '../../http/context';
import { postAudioGenerate, postAudioGenerations, postMedia, postSpeech, postThreeD, postTranscriptions } from './audio';
import { getFile } from './files';
import { postImageEdits, postImageGenerations, postImagesGenerate } from './images';
import { getJob, getJobs, postCallback, postCancel } from './jobs';
import { postVideoGenerations, postVideosGenerate } from './video';

type Handler = (c: AppContext) => Response | Promise<Response>;
type Wrap = (handler: Handler) => Handler;

/** Under each base of the API. */
export function mountMedia(app: Hono<AppEnv>, base: string, api: Wrap): void {
  app.post(`${base}/images/generations`, api(postImageGenerations));
  app.post(`${base}/images/edits`, api(postImageEdits));
  app.post(`${base}/images/generate`, api(postImagesGenerate));
  app.post(`${base}/video/generations`, api(postVideoGenerations));
  app.post(`${base}/videos/generate`, api(postVideosGenerate));
  app.post(`${base}/audio/generations`, api(postAudioGenerations));
  app.post(`${base}/audio/generate`, api(postAudioGenerate));
  app.post(`${base}/audio/speech`, api(postSpeech));
  app.post(`${base}/audio/transcriptions`, api(postTranscriptions));
  app.post(`${base}/3d/generate`, api(postThreeD));
  app.post(`${base}/media/generate`, api(postMedia));
  app.get(`${base}/jobs`, api(getJobs));
  app.get(`${base}/jobs/:id`, api(getJob));
  app.post(`${base}/jobs/:id/cancel`, api(postCancel));
}

/** At the root: what others than API clients ask for. */
export function mountFiles(app: Hono<AppEnv>, api: Wrap): void {
  app.get('/media/:job/:token/:name', api(getFile));
  app.get('/storage/:id/:token/:name', api(getFile));
  app.post('/callbacks/:id/:token', api(postCallback));
  app.post('/api/media/generate', api(postMedia));
}
