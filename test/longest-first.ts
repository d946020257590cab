import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take a minute or so, in which the time goes into one test. What runs last runs beside nothing, so these
 * begin; Vitest knows how long files take only where it has run before.
 */
const LONG = [
  'test/workers/jobs/faults.test.ts',
  'test/workers/account/random-operations.test.ts',
  'test/e2e/browser-pages.test.ts',
  'test/scripts/start.test.mjs',
  'test/e2e/browser-journeys.test.ts',
  'test/e2e/media-vendors-parts.test.ts',
  'test/e2e/chat-streams.test.ts',
  'test/sdk/cli.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const index = LONG.findIndex((name) => moduleId.endsWith(name));
      return index === -1 ? LONG.length : index;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
