/** Every path of media, jobs and files. */
import type { Hono } from 'hono';
import type { AppContext, AppEnv } from '../../http/context';
import { whole } from '../../http/to-its-end';
import { postAudioGenerate, postAudioGenerations, postMedia, postSpeech, postThreeD, postTranscriptions } from './audio';
import { getDeployment, getDeployments, patchDeployment, postDeployment, removeDeployment } from './deployments';
import { getFile } from './files';
import { getGpuCatalogue, getGpuJob, postGpu, postGpuRun } from './gpu';
import { postImageEdits, postImageGenerations, postImagesGenerate } from './images';
import { deleteJob, getJob, getJobs, postCallback, postCancel } from './jobs';
import { managed, notForPages, permitted } from './managed';
import { getImageModelEndpoints, getImageModels, getVideoModels } from './models';
import { postImages } from './openrouter-images';
import { deleteStoredObject, getStorage, getStoredObject, postStorage } from './storage';
import { postVideoGenerations, postVideosGenerate } from './video';
import { deleteVideo, getVideo, getVideoContent, getVideos, postVideos } from './videos';
import { getDeliveries, getWebhookSecret, postRedeliver, postRotateSecret } from './webhooks';

type Handler = (c: AppContext) => Response | Promise<Response>;
type Wrap = (handler: Handler) => Handler;

/** Under each base of the API. */
export function mountMedia(app: Hono<AppEnv>, base: string, wrap: Wrap): void {
  const api: Wrap = (handler) => wrap(whole(handler));
  const own: Wrap = (handler) => api(notForPages(handler));
  app.post(`${base}/images/generations`, api(postImageGenerations));
  app.post(`${base}/images/edits`, api(postImageEdits));
  app.post(`${base}/images/generate`, api(postImagesGenerate));
  app.post(`${base}/images`, api(postImages));
  app.get(`${base}/images/models`, api(getImageModels));
  app.get(`${base}/images/models/:id{.+}/endpoints`, api(getImageModelEndpoints));
  app.post(`${base}/video/generations`, api(postVideoGenerations));
  app.post(`${base}/videos/generate`, api(postVideosGenerate));
  app.post(`${base}/videos`, api(postVideos));
  app.get(`${base}/videos`, own(getVideos));
  app.get(`${base}/videos/models`, api(getVideoModels));
  app.get(`${base}/videos/:id`, api(getVideo));
  app.get(`${base}/videos/:id/content`, api(getVideoContent));
  app.delete(`${base}/videos/:id`, own(managed('job.delete', 'jobs.write', deleteVideo)));
  app.post(`${base}/audio/generations`, api(postAudioGenerations));
  app.post(`${base}/audio/generate`, api(postAudioGenerate));
  app.post(`${base}/audio/speech`, api(postSpeech));
  app.post(`${base}/audio/transcriptions`, api(postTranscriptions));
  app.post(`${base}/3d/generate`, api(postThreeD));
  app.post(`${base}/media/generate`, api(postMedia));
  app.get(`${base}/jobs`, own(getJobs));
  app.get(`${base}/jobs/:id`, api(getJob));
  app.delete(`${base}/jobs/:id`, own(managed('job.delete', 'jobs.write', (c) => deleteJob(c))));
  app.post(`${base}/jobs/:id/cancel`, api(permitted('jobs.write', postCancel)));
  mountGpu(app, base, api, own);
  mountKept(app, base, api, own);
}

/** Under a base that names the model. */
export function mountMediaOfAModel(app: Hono<AppEnv>, base: string, wrap: Wrap): void {
  const api: Wrap = (handler) => wrap(whole(handler));
  app.post(`${base}/images/generations`, api(postImageGenerations));
  app.post(`${base}/images/edits`, api(postImageEdits));
  app.post(`${base}/audio/speech`, api(postSpeech));
  app.post(`${base}/audio/transcriptions`, api(postTranscriptions));
}

function mountGpu(app: Hono<AppEnv>, base: string, api: Wrap, own: Wrap): void {
  app.get(`${base}/gpu`, api(getGpuCatalogue));
  app.get(`${base}/gpu/jobs/:id`, api(getGpuJob));
  app.post(`${base}/gpu/run/:slug`, api(postGpuRun));
  app.post(`${base}/gpu/:slug`, api(postGpu));
  app.get(`${base}/deployments`, own(getDeployments));
  app.post(`${base}/deployments`, own(managed('deployment.create', 'deployments.write', postDeployment)));
  app.get(`${base}/deployments/:slug`, own(getDeployment));
  app.patch(`${base}/deployments/:slug`, own(managed('deployment.update', 'deployments.write', patchDeployment)));
  app.delete(`${base}/deployments/:slug`, own(managed('deployment.delete', 'deployments.write', removeDeployment)));
}

/** What is kept for customers: their files, and the log of their webhooks. */
function mountKept(app: Hono<AppEnv>, base: string, api: Wrap, own: Wrap): void {
  app.post(`${base}/storage`, api(managed('storage.create', 'storage.write', postStorage)));
  app.get(`${base}/storage`, own(getStorage));
  app.get(`${base}/storage/:id`, api(getStoredObject));
  app.delete(`${base}/storage/:id`, own(managed('storage.delete', 'storage.write', deleteStoredObject)));
  app.get(`${base}/webhooks/secret`, own(permitted('webhooks.read', getWebhookSecret)));
  app.post(`${base}/webhooks/secret/rotate`, own(managed('webhook_secret.rotate', 'webhooks.write', postRotateSecret)));
  app.get(`${base}/webhooks/deliveries`, own(getDeliveries));
  app.post(`${base}/webhooks/deliveries/:id/redeliver`, own(permitted('jobs.write', postRedeliver)));
}

/** Mounted at the root, for callers other than API clients. */
export function mountFiles(app: Hono<AppEnv>, api: Wrap): void {
  app.get('/media/:job/:token/:name', api(getFile));
  app.get('/storage/:id/:token/:name', api(getFile));
  app.post('/callbacks/:id/:token', api(whole(postCallback)));
}
