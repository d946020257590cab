import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take half a minute or more. What runs last runs beside nothing, so these begin; Vitest knows how long files
 * take only where it has run before.
 */
const LONG = [
  'test/e2e/browser-pages.test.ts',
  'test/e2e/browser-journeys.test.ts',
  'test/scripts/start.test.mjs',
  'test/e2e/chat-crash.test.ts',
  'test/sdk/cli.test.ts',
  'test/e2e/browser-use.test.ts',
  'test/e2e/media-vendors.test.ts',
  'test/e2e/docs.test.ts',
  'test/sdk/package.test.ts',
  'test/e2e/media-vendors-trouble.test.ts',
  'test/workers/jobs/faults.test.ts',
];
/** The longest of all keeps a core busy while the tests outside workerd wait for each other's answers. */
const FIRST = 'test/workers/account/random-operations.test.ts';

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // A process is used again by files of its own project alone: one project after the other.
    const stage = ({ moduleId, project }: TestSpecification): number => (moduleId.endsWith(FIRST) ? 0 : project.name === 'outside' ? 1 : 2);
    const place = ({ moduleId }: TestSpecification): number => {
      const index = LONG.findIndex((name) => moduleId.endsWith(name));
      return index === -1 ? LONG.length : index;
    };
    return (await super.sort(files)).sort((a, b) => stage(a) - stage(b) || place(a) - place(b));
  }
}
