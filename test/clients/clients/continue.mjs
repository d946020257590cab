import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { A_FEW } from '../lib/scenarios.mjs';

const configOf = ({ provider, baseUrl, key, model }) => ({
  name: 'Gateway',
  version: '1.0.0',
  schema: 'v1',
  models: [{ name: model, provider, model, apiBase: baseUrl, apiKey: key, roles: ['chat'], capabilities: ['tool_use'] }],
});

const continueCli = (differences) => ({
  scenarios: A_FEW,
  package: '@continuedev/cli',

  prepare({ home, baseUrl, key, model, prompt }) {
    const path = join(home, 'config.yaml');
    writeFileSync(path, JSON.stringify(configOf({ provider: differences.provider, baseUrl, key, model })));
    return {
      args: ['--config', path, '--auto', '-p', prompt],
      env: { CONTINUE_GLOBAL_DIR: join(home, '.continue'), CONTINUE_TELEMETRY_ENABLED: '0', CONTINUE_ALLOW_ANONYMOUS_TELEMETRY: '0' },
    };
  },

  toolCall: ({ path, content }) => ({ name: 'Write', arguments: { filepath: path, content } }),

  refusals: {
    credits: { shows: /Top up to go on/, mostRequests: 2 },
    limit: { shows: /spending limit of [\d.]+ credits a month/, mostRequests: 24, withinMs: 120_000 },
  },
  ...differences,
});

export const continueResponses = continueCli({
  id: 'continue-responses',
  label: 'Continue, responses',
  provider: 'openai',
  providers: ['openai', 'openrouter'],
  model: 'gpt-5.5',
  basePaths: { gateway: '/v1', direct: '/openai/v1' },
});

export const continueAnthropic = continueCli({
  id: 'continue-anthropic',
  label: 'Continue, anthropic',
  provider: 'anthropic',
  providers: ['anthropic', 'openrouter'],
  model: 'claude-sonnet-4-6',
  basePaths: { gateway: '/v1', direct: '/anthropic/v1' },
});
