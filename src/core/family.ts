/** What a model is for; it decides the endpoint and the hourly limit that its calls count against. */
export const FAMILIES = ['chat', 'messages', 'responses', 'gemini', 'embedding', 'image', 'video', 'audio', '3d', 'gpu'] as const;
export type Family = (typeof FAMILIES)[number];

/** The endpoint that serves a family, for callers who used another's. */
export const ENDPOINT_OF: Record<Family, string> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
  gemini: '/v1/gemini',
  embedding: '/v1/embeddings',
  image: '/v1/images/generations',
  video: '/v1/videos/generate',
  audio: '/v1/audio/generations',
  '3d': '/v1/3d/generate',
  gpu: '/v1/gpu/{slug}',
};

/** Families whose calls share one rolling hourly limit per user. Language models share `chat`. */
export const RATE_FAMILIES = ['chat', 'image', 'video', 'audio', '3d', 'gpu'] as const;
export type RateFamily = (typeof RATE_FAMILIES)[number];

/** Calls an hour, per user. */
export const HOURLY_LIMITS: Record<RateFamily, number> = { chat: 1000, image: 500, video: 200, audio: 200, '3d': 200, gpu: 200 };

/**
 * Calls may be sent to providers this many times the hourly limit, including those that they refuse: a provider's own
 * limits are shared by all accounts.
 */
export const SENT_TIMES = 3;

export function rateFamily(family: Family): RateFamily {
  switch (family) {
    case 'messages':
    case 'responses':
    case 'gemini':
    case 'embedding':
      return 'chat';
    default:
      return family;
  }
}
