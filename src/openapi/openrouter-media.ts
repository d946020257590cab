/** The models for pictures and films, in OpenRouter's form. */
import * as z from 'zod';
import { json, type Route } from './describe';
import { FAILURES } from './errors';

const common = { id: z.string(), name: z.string(), description: z.string(), created: z.int() };

const capability = z.union([
  z.object({ type: z.literal('enum'), values: z.array(z.string()) }),
  z.object({ type: z.literal('range'), min: z.number(), max: z.number() }),
  z.object({ type: z.literal('boolean') }),
]);

const imageModels = z.object({
  data: z.array(
    z.object({
      ...common,
      architecture: z.object({ input_modalities: z.array(z.string()), output_modalities: z.array(z.string()) }),
      endpoints: z.string().meta({ description: 'Where its price is.' }),
      supports_streaming: z.boolean(),
      supported_parameters: z.record(z.string(), capability),
    }),
  ),
});

const imageModelEndpoints = z.object({
  id: z.string(),
  endpoints: z.array(
    z.object({
      provider_name: z.string(),
      provider_slug: z.string(),
      provider_tag: z.null(),
      supported_parameters: z.record(z.string(), capability),
      supports_streaming: z.boolean(),
      allowed_passthrough_parameters: z.array(z.string()),
      pricing: z.array(
        z.object({
          billable: z.literal('output_image'),
          unit: z.literal('image'),
          cost_usd: z.number(),
          variant: z.string().optional().meta({ description: 'The size, where sizes have prices of their own.' }),
        }),
      ),
    }),
  ),
});

const videoModels = z.object({
  data: z.array(
    z.object({
      ...common,
      canonical_slug: z.string(),
      supported_resolutions: z.array(z.string()).nullable().meta({ description: 'Where they have prices of their own.' }),
      supported_durations: z.array(z.int()).nullable().meta({ description: 'In seconds, where there are only some.' }),
      supported_frame_images: z.array(z.enum(['first_frame', 'last_frame'])),
      supported_aspect_ratios: z.null(),
      supported_sizes: z.null(),
      generate_audio: z.null(),
      seed: z.null(),
      creativity: z.null(),
      upscale_factor: z.null(),
      allowed_passthrough_parameters: z.array(z.string()),
      pricing_skus: z.record(z.string(), z.string()).meta({ description: 'USD by what is counted: `clip`, `second`, `request`.' }),
    }),
  ),
});

export const openrouterMediaRoutes: Route[] = [
  {
    method: 'get',
    path: '/v1/images/models',
    id: 'listImageModels',
    tag: 'Models',
    summary: "The models for pictures, in OpenRouter's form",
    access: 'public',
    answers: { 200: json('The models.', imageModels) },
    errors: FAILURES.none,
    reference: 'https://openrouter.ai/docs/guides/overview/multimodal/image-generation',
  },
  {
    method: 'get',
    path: '/v1/images/models/{id}/endpoints',
    id: 'listImageModelEndpoints',
    tag: 'Models',
    summary: "What a model for pictures takes and costs, in OpenRouter's form",
    description: 'The only endpoint is the gateway, whichever provider it asks. The id may have an author before it, with a slash.',
    access: 'public',
    answers: { 200: json('The model.', imageModelEndpoints) },
    errors: ['not_found', 'unavailable', 'internal'],
    reference: 'https://openrouter.ai/docs/guides/overview/multimodal/image-generation',
  },
  {
    method: 'get',
    path: '/v1/videos/models',
    id: 'listVideoModels',
    tag: 'Models',
    summary: "The models for films, in OpenRouter's form",
    access: 'public',
    answers: { 200: json('The models.', videoModels) },
    errors: FAILURES.none,
    reference: 'https://openrouter.ai/docs/guides/overview/multimodal/video-generation',
  },
];
