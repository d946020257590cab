/** What a model is for; it decides the endpoint and the hourly limit that its calls count against. */
export const FAMILIES = ['chat', 'messages', 'responses', 'gemini', 'embedding', 'image', 'video', 'audio', '3d', 'gpu'] as const;
export type Family = (typeof FAMILIES)[number];

/** Families whose calls share one rolling hourly limit per user. Language models share `chat`. */
export const RATE_FAMILIES = ['chat', 'image', 'video', 'audio', '3d', 'gpu'] as const;
export type RateFamily = (typeof RATE_FAMILIES)[number];

/** Calls an hour, per user. */
export const HOURLY_LIMITS: Record<RateFamily, number> = { chat: 1000, image: 500, video: 200, audio: 200, '3d': 200, gpu: 200 };

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
