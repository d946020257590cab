/** Which of a model's targets can take all the pictures that were sent. Pure. */
import type { Brought } from '../providers/media/types';
import type { MediaTarget, Provider } from '../providers/types';

interface Place {
  provider: Provider;
  target: MediaTarget;
}

/**
 * A film that is guided only by reference pictures is made by the text model where that takes some. One with a first or
 * last frame is not.
 */
function isOfPictures({ kind, references = [], firstFrame, lastFrame }: Brought, takesReferences: boolean): boolean {
  if (kind === 'image') return references.length > 0;
  if (kind !== 'video') return false;
  return firstFrame !== undefined || lastFrame !== undefined || (references.length > 0 && !takesReferences);
}

/** The upstream model that fits what the caller sent. */
export function upstreamModelFor({ provider, target }: Place, brought: Brought): string {
  const takesReferences = provider.spec.media?.takesReferences?.(target.model) ?? false;
  return (isOfPictures(brought, takesReferences) ? target.modelWithReferences : undefined) ?? target.model;
}

export const ableTargets = <T extends Place>(targets: readonly T[], brought: Brought): T[] =>
  targets.filter((one) => one.provider.spec.media?.takesAll?.(upstreamModelFor(one, brought), brought) ?? true);

/** What none of the targets has a field for; undefined where one can take everything. */
export function leftOutOf(targets: readonly Place[], brought: Brought): 'mask' | 'lastFrame' | 'references' | undefined {
  if (ableTargets(targets, brought).length > 0) return undefined;
  const { kind, references = [], mask, lastFrame } = brought;
  if (mask !== undefined && ableTargets(targets, { kind, references: references.slice(0, 1), mask }).length === 0) return 'mask';
  if (lastFrame !== undefined && ableTargets(targets, { kind, lastFrame }).length === 0) return 'lastFrame';
  return 'references';
}
